"""NumPy whose new arrays are not zeros by luck."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest


class Poisoned:
    """Stands for NumPy in a module: what `empty` returns holds NaN where it can."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def empty(*args: Any, **kwargs: Any) -> np.ndarray:
        array = np.empty(*args, **kwargs)
        if array.dtype.kind == "f":
            array.fill(np.nan)
        return array


def poison(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Let these modules find NaN in arrays that nobody has written to."""
    for name in modules:
        monkeypatch.setattr(import_module(name), "np", Poisoned())
