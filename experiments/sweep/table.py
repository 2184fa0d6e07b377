"""Finished runs of a folder in one compressed table, for grids of hundreds of short runs.

The table is the runs' files, one after another, compressed: no row is lost, and every run keeps its checksum.
A run stands in the table or in a file of its own; in both, with the same content, if a sweep was killed
within `pack`.
"""

from __future__ import annotations

import json
import lzma
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments.dashboard.places import run_id, unpacked
from experiments.sweep.errors import SweepError
from experiments.sweep.folder import Folder
from experiments.sweep.job import natural_order
from minigrad.files import atomic_write


def read_table(path: Path) -> list[bytes]:
    """Return the contents of the runs' files; none if there is no table.

    Raises
    ------
    SweepError
        If the table is damaged.
    """
    if not path.exists():
        return []
    try:
        contents, rest = unpacked(path)
    except (lzma.LZMAError, EOFError) as error:
        raise SweepError(
            f"{path} is damaged: {error}. Restore it, or delete it to have its runs repeated"
        ) from None
    if rest:
        raise SweepError(f"{path} is damaged: its last run has no end. Restore it, or delete it")
    return contents


def pack(folder: Folder, drop: Container[str] = ()) -> None:
    """Move the files of finished runs into the table; the caller holds the folder's lock.

    Whenever the process is killed, every run stands in at least one of the two places.

    Parameters
    ----------
    folder : Folder
    drop : container of str
        Ids of runs that are left out of the new table.

    Raises
    ------
    SweepError
        If the table is damaged.
    OSError
        If it can't be written; the files stay where they are.
    """
    before = read_table(folder.table)
    files = sorted(folder.runs.glob("*.jsonl"))
    runs = {(name, id): content for content in before for name, id in [_identity(content)] if id not in drop}
    for path in files:
        content = path.read_bytes()
        runs[_identity(content)] = content
    ordered = [runs[key] for key in sorted(runs, key=lambda key: natural_order(key[0]))]
    if ordered != before:
        with atomic_write(folder.table) as table:
            table.write(lzma.compress(b"".join(ordered)))
            table.flush()
            os.fsync(table.fileno())
    for path in files:
        path.unlink()


@contextmanager
def packing(folder: Folder) -> Iterator[None]:
    """Pack what a killed sweep left, and at the end, however the block ends, what it has finished."""
    pack(folder)
    try:
        yield
    finally:
        pack(folder)


def _identity(content: bytes) -> tuple[str, str]:
    """Return name and id of the run with this file."""
    header = json.loads(content.partition(b"\n")[0])
    return header["name"], run_id(header["name"], header["settings"])
