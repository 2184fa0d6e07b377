"""The files that a treebank is in: one, those of a folder, or those that a pattern names."""

from __future__ import annotations

import glob
import os
import re
from errno import ENOENT
from typing import Any

_PATTERN = re.compile(r"[*?[]")


def treebank_files(source: Any, suffix: str = ".mrg") -> list[Any]:
    """Return the sources that a source stands for: paths in the order of their names, or itself alone.

    A folder stands for the files in it and below whose names end in `suffix`, compressed or not, by default
    as the Penn Treebank's merged files are called; a path with ``*``, ``?`` or ``[…]`` that is no file for
    those that it matches, ``**`` for any folders.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    if not isinstance(source, str | os.PathLike):
        return [source]
    path = os.fspath(source)
    if os.path.isdir(path):
        called = re.compile(rf".*{re.escape(suffix)}(\.(gz|bz2|xz))?", re.IGNORECASE)
        found = [
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if called.fullmatch(name)
        ]
        others = os.path.join(path, "*.txt")
        missing = f"a folder without {suffix} files; name others by a pattern, as {others}"
    elif _PATTERN.search(path) and not os.path.exists(path):
        found = [name for name in glob.glob(path, recursive=True) if os.path.isfile(name)]
        missing = "no file is named like that"
    else:
        return [source]
    if not found:
        raise FileNotFoundError(ENOENT, missing, path)
    return sorted(found)
