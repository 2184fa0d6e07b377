"""Named arrays in one ``.npz`` file; nothing in it is ever unpickled."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minigrad.files import atomic_write


class StateError(ValueError):
    """A state that does not fit the module, or a file that does not hold one."""


def save_npz(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> Path:
    """Write named arrays to `path`, whole or not at all; return the path.

    Raises
    ------
    OSError
        If the path can't be written.
    """
    with atomic_write(path) as file:
        np.savez(file, allow_pickle=False, **arrays)
    return Path(path)


def load_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read what `save_npz` wrote.

    Raises
    ------
    FileNotFoundError
    StateError
        If the file is damaged, is not an ``.npz``, or holds Python objects.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except Exception as error:  # zipfile, zlib and NumPy raise many kinds over damaged bytes
            raise StateError(f"{path} is not a readable .npz of plain arrays: {error}") from None
    for name, values in arrays.items():
        if not isinstance(values, np.ndarray):
            raise StateError(f"{path} is not an .npz of plain arrays: {name!r} in it is something else")
    return arrays
