"""The files that a treebank is in: one, those of a folder, or those that a pattern names."""

from __future__ import annotations

import glob
import os
import re
from errno import ENOENT
from typing import Any

_PATTERN = re.compile(r"[*?[]")
_PENN = re.compile(
    r".*\.mrg(\.(gz|bz2|xz))?", re.IGNORECASE
)  # what the Penn Treebank's merged files are called


def treebank_files(source: Any) -> list[Any]:
    """Return the sources that a source stands for: paths in the order of their names, or itself alone.

    A folder stands for the ``.mrg`` files in it and below, compressed or not; a path with ``*``, ``?`` or
    ``[…]`` that is no file for those that it matches, ``**`` for any folders.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    if not isinstance(source, str | os.PathLike):
        return [source]
    path = os.fspath(source)
    if os.path.isdir(path):
        found = [
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if _PENN.fullmatch(name)
        ]
        missing = f"a folder without .mrg files; name others by a pattern, as {os.path.join(path, '*.txt')}"
    elif _PATTERN.search(path) and not os.path.exists(path):
        found = [name for name in glob.glob(path, recursive=True) if os.path.isfile(name)]
        missing = "no file is named like that"
    else:
        return [source]
    if not found:
        raise FileNotFoundError(ENOENT, missing, path)
    return sorted(found)
