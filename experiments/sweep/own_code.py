"""Checksums of the code of the user's own cells, by which rows of older code are recognised."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

SETTINGS = ("cell", "model")  # those that name a cell
OURS = ("builtins", "minigrad", "models")  # packages whose version is among the versions of an environment


def own_code(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum of the code of each cell of the user's own that a run's settings name.

    It is that of the files in which the class and its base classes are written, without what those import.
    Names are those that ``--cell`` takes, such as ``"mine:Peep"``; minigrad's own cells have none.

    Raises
    ------
    models.CellError
        If there is no such cell.
    """
    names = [name for key in SETTINGS if isinstance(name := settings.get(key), str) and ":" in name]
    if not names:
        return {}
    import models  # loaded only here: other sweeps need none

    found = {name: _checksum(models.cell(name)) for name in names}
    return {name: checksum for name, checksum in found.items() if checksum}


def was_changed(settings: Mapping[str, Any], environments: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a cell of these settings was changed since an attempt in one of the environments."""
    now = own_code(settings)
    return any(
        now.get(name) != checksum
        for about in environments
        for name, checksum in about.get("code", {}).items()
    )


@cache
def _checksum(kind: type) -> str:
    """Return the checksum of a class's files, as they were when first asked for; empty if all are ours."""
    own = [base for base in kind.__mro__ if base.__module__.partition(".")[0] not in OURS]
    contents = [Path(path).read_bytes() for path in dict.fromkeys(map(inspect.getfile, own))]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16] if contents else ""
