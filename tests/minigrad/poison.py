"""New arrays that are not zeros by luck."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def poisoned_memory() -> Iterator[None]:
    """Fill what `malloc` returns, also to compiled code, with numbers that no result survives."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc's malloc fills memory")
    library, perturb = ctypes.CDLL(None), -6
    library.mallopt(perturb, 1)  # -1.7e38 in float32
    try:
        yield
    finally:
        library.mallopt(perturb, 0)
