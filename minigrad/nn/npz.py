"""Named arrays in one ``.npz`` file, with or without a description; nothing in it is ever unpickled."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.files import atomic_write

HEADER = "header"


class StateError(ValueError):
    """A state that does not fit the module, or a file that does not hold one."""


def check_fit(of: str, shapes: Mapping[str, tuple[int, ...]], values: Mapping[str, np.ndarray]) -> None:
    """Check that `values` are real arrays with these names and shapes.

    Raises
    ------
    StateError
        If a name is missing or unknown, a shape differs, or values are not real; the text says which.
    """
    missing, unknown = sorted(shapes.keys() - values.keys()), sorted(values.keys() - shapes.keys())
    if missing or unknown:
        raise StateError(
            f"the names do not fit {of}: missing {missing or 'none'}, unknown {unknown or 'none'}"
        )
    for name, shape in shapes.items():
        array = np.asarray(values[name])
        if array.shape != shape:
            raise StateError(f"{name} has shape {shape} here and {array.shape} in the state")
        if array.dtype.kind not in "biuf":
            raise StateError(f"{name} in the state holds {array.dtype}, not real numbers")


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
        if not zipfile.is_zipfile(file):  # np.load would take it for a pickle, and say so
            raise StateError(f"{path} is not an .npz, or has been cut off: its end is not that of a zip file")
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except Exception as error:  # zipfile, zlib and NumPy raise many kinds over damaged bytes
            raise StateError(f"{path} is not a readable .npz of plain arrays: {error}") from None
    for name, values in arrays.items():
        if not isinstance(values, np.ndarray):
            raise StateError(f"{path} is not an .npz of plain arrays: {name!r} in it is something else")
    return arrays


def save_document(
    path: str | os.PathLike[str], format: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Path:
    """Write named arrays and JSON values about them; return the path. Errors as in `save_npz`.

    `format` says what kind of document this is, and `load_document` insists on it. It and the values stand
    in one more array, the bytes of a JSON object.
    """
    text = json.dumps({"format": format, **header}, default=np.generic.item)
    return save_npz(path, {**arrays, HEADER: np.frombuffer(text.encode(), np.uint8)})


def load_document(path: str | os.PathLike[str], format: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `save_document` wrote: the header and the arrays.

    Raises
    ------
    FileNotFoundError
    StateError
        If the file is damaged, or is not a document of this format.
    """
    arrays = load_npz(path)
    try:
        header = json.loads(arrays.pop(HEADER).tobytes())
        found = header["format"]
    except (KeyError, TypeError, ValueError):
        raise StateError(f"{path} is not a {format} file, but other arrays") from None
    if found != format:
        raise StateError(f"{path} is not a {format} file; its format is {found!r}")
    return header, arrays
