"""Rows on disk: JSON lines, and how much of a file can be trusted after a crash.

A run's file begins with ``{"kind": "run", "name", "settings", "work"}``. Each attempt at the run adds
``{"kind": "attempt"}`` with the machine that it runs on, and each epoch a row; the last two lines are
``{"kind": "result"}`` and ``{"kind": "end", "sha256"}``, a checksum of all lines before. Whatever differs
from machine to machine is under a row's key "timing".
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from experiments.dashboard.places import run_id
from experiments.sweep.errors import SweepError
from experiments.sweep.folder import Folder
from experiments.sweep.job import natural_order
from experiments.sweep.table import read_table
from minigrad.waiting import waiting

Row = dict[str, Any]

OWN_KINDS = ("run", "attempt", "result", "end")  # those that `Recorder` writes itself


def encode(row: Row) -> bytes:
    """Return a row as one line; ValueError for NaN and infinities, which JSON lacks."""
    text = json.dumps(row, separators=(",", ":"), allow_nan=False, default=np.generic.item)
    return text.encode() + b"\n"


def number(value: float | None) -> float:
    """Return a value of a row as a float, NaN for null."""
    return math.nan if value is None else float(value)


def end_line(content: bytes) -> bytes:
    """Return the last line of a file that has this content so far."""
    return encode({"kind": "end", "sha256": hashlib.sha256(content).hexdigest()})


def decode(content: bytes) -> tuple[list[tuple[Row, int]], bool]:
    """Read the rows of a run under way.

    Returns
    -------
    list of (dict, int)
        Rows, and the offset in bytes at which each ends.
    bool
        Whether an incomplete last line was left out.

    Raises
    ------
    ValueError
        If a line other than the last is not a row.
    """
    rows: list[tuple[Row, int]] = []
    offset = 0
    lines = content.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            if not line.endswith(b"\n"):
                raise ValueError("cut off")
            row = json.loads(line)
            if not isinstance(row, dict) or "kind" not in row:
                raise ValueError("not a row")
        except ValueError:
            if number < len(lines):
                raise ValueError(f"line {number} is damaged") from None
            return rows, True
        offset += len(line)
        rows.append((row, offset))
    return rows, False


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    name : str
    settings : dict
    work : int
        Tree nodes in one epoch.
    rows : list of dict
        Its epochs, in order.
    result : dict
    environments : list of dict
        Processor, versions and threads of each attempt at it, and when it began; the last one finished it.
    """

    name: str
    settings: dict[str, Any]
    work: int
    rows: list[Row]
    result: Row
    environments: list[dict[str, Any]]

    @property
    def id(self) -> str:
        """The name of its files."""
        return run_id(self.name, self.settings)

    @cached_property
    def epochs(self) -> int:
        """Number of its last epoch."""
        return max((row["epoch"] for row in self.rows if "epoch" in row), default=0)

    @property
    def epoch_rows(self) -> list[Row]:
        """The rows of its epochs alone, in order."""
        return [row for row in self.rows if row["kind"] == "epoch"]

    @property
    def seconds(self) -> float:
        """Wall-clock time of all its rows together, over all attempts."""
        return float(self.result["timing"]["seconds"])


def read_run(path: Path) -> Run:
    """Read a finished run.

    Raises
    ------
    SweepError
        If the file was changed or damaged since the run wrote it.
    """
    return parse_run(path.read_bytes(), path)


def parse_run(content: bytes, path: Path) -> Run:
    """Return the run with the content of this file; `path` names it, or the table that it is from."""
    lines = content.splitlines(keepends=True)
    body = b"".join(lines[:-1])
    if not lines or lines[-1] != end_line(body):
        raise SweepError(
            f"{path} was changed since its run wrote it: the checksum in the run's last line does not match. "
            "Restore it, or delete it to have the run repeated"
        )
    header, *rows, result = (row for row, _ in decode(body)[0])
    epochs = [row for row in rows if row["kind"] != "attempt"]
    return Run(header["name"], header["settings"], header["work"], epochs, result, environments(rows))


def environments(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the environments of the attempts at a run, in order."""
    return [row["timing"]["environment"] for row in rows if row["kind"] == "attempt"]


def finished(out: Path) -> list[Run]:
    """Return the finished runs of a sweep's folder, in the order of their names; none if it isn't there.

    They are those of the files and those of the table. One that is in both, alike, is returned once.

    Raises
    ------
    SweepError
        If a file or the table is damaged, or two runs have the same name.
    """
    folder = Folder(out)
    runs: dict[str, tuple[Path, bytes, Run]] = {}
    with waiting(f"reading the rows in {out}"):
        stored = [(folder.table, content) for content in read_table(folder.table)]
        stored += [(path, path.read_bytes()) for path in sorted(folder.runs.glob("*.jsonl"))]
        for path, content in stored:
            run = parse_run(content, path)
            other, same, known = runs.setdefault(run.name, (path, content, run))
            kept_twice = other == folder.table != path and same == content
            if known is not run and not kept_twice:
                raise SweepError(f"{other} and {path} both hold the run {run.name}; delete one of them")
    return sorted((run for _, _, run in runs.values()), key=lambda run: natural_order(run.name))
