"""What one run writes: its rows, how far it is, and where it may keep checkpoint and model."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from experiments.sweep.folder import Folder
from experiments.sweep.job import Job
from experiments.sweep.rows import OWN_KINDS, Row, decode, encode, end_line
from minigrad.nn import StateError

TELL_EVERY = 0.5  # seconds between two notes of progress, and two looks for the sweep


class OrphanedError(Exception):
    """The sweep that this run belongs to has ended."""


class Recorder:
    """Given to the function that performs a run.

    Rows and checkpoint go together: rows without a checkpoint, or a checkpoint without rows, are dropped, and
    the run begins afresh.

    Attributes
    ----------
    rows : list of dict
        The epochs' rows written so far; not empty after a resume.
    checkpoint : Path
        Where the run may keep its checkpoint. A run that finds one goes on from it, after calling `rewind`
        with the checkpoint's epoch. It is removed when the run is finished.
    model : Path or None
        Where to save the best model, before `result`; None if nobody asked for it.
    live : Path or None
        Where looks at the training go, which are no rows; None if nobody asked for them.
    name : str
        Of the run.
    paths : mapping of str to str
        The job's: where the files are that the run reads.
    notices : list of str
        What was wrong with the files that an interrupted run left, for the user.
    """

    def __init__(
        self,
        file: IO[bytes],
        folder: Folder,
        job: Job,
        *,
        environment: dict[str, Any],
        save_model: bool = False,
        live: bool = False,
        sweep_lives: Callable[[], bool] = lambda: True,
    ) -> None:
        self._file, self._part = file, folder.part(job.id)
        self._finished = folder.finished(job.id)
        self._sweep_lives = sweep_lives
        self._header = {"kind": "run", "name": job.name, "settings": job.json, "work": job.work}
        self._attempt = {"kind": "attempt", "timing": {"environment": environment}}
        self.checkpoint = folder.checkpoint(job.id)
        self.model: Path | None = folder.model(job.id) if save_model else None
        self.live: Path | None = folder.live(job.id) if live else None
        self.name, self.paths = job.name, job.paths
        self.notices: list[str] = []
        self.done = False
        self._lines: list[tuple[Row, int]] = []
        self._read()
        self._progress, self._work = folder.progress(job.id), job.work
        self._nodes, self._told = 0, 0.0
        self._clock = time.monotonic(), time.process_time()

    @property
    def rows(self) -> list[Row]:
        """The epochs' rows written so far."""
        return [row for row, _ in self._lines if row["kind"] not in OWN_KINDS]

    def row(self, row: Row) -> None:
        """Append a row, and flush it to the disk.

        Parameters
        ----------
        row : dict
            With a "kind" of its own, and an "epoch" if it tells of one; JSON values, no NaN. The time since
            the previous row is added under "timing".

        Raises
        ------
        ValueError
            If the row is not of that form, or its epoch is not later than those that are there.
        OSError
            If it can't be written.
        """
        if row.get("kind", "run") in OWN_KINDS:
            raise ValueError(f'a row has a "kind" other than {", ".join(OWN_KINDS)}: {row}')
        if "epoch" in row and row["epoch"] <= self._epoch():
            raise ValueError(f"a row of epoch {row['epoch']} can't come after one of epoch {self._epoch()}")
        wall, cpu = self._lap()
        self._append({**row, "timing": {**row.get("timing", {}), "seconds": wall, "cpu_seconds": cpu}})
        self._nodes = 0

    def rewind(self, epochs: int) -> None:
        """Drop the rows of later epochs, which were written after the checkpoint.

        Raises
        ------
        StateError
            If rows of earlier epochs are missing, so that training can't continue from the checkpoint.
        """
        have = {row["epoch"] for row in self.rows if "epoch" in row}
        if missing := set(range(1, epochs + 1)) - have:
            raise StateError(
                f"the checkpoint is of epoch {epochs}, but there is no row of epoch {min(missing)}"
            )
        later = [k for k, (row, _) in enumerate(self._lines) if row.get("epoch", 0) > epochs]
        if later:
            self._cut(later[0])
            self._append(self._attempt)
        self._nodes = 0

    def progress(self, nodes: int) -> None:
        """Count tree nodes that were trained on; cheap enough for every minibatch.

        Raises
        ------
        OrphanedError
            If the sweep has ended, so that nobody waits for the run any more.
        """
        self._nodes += nodes
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._progress.write_text(str(max(self._epoch(), 0) * self._work + self._nodes))
            if not self._sweep_lives():
                raise OrphanedError("the sweep that started this run has ended")

    def result(self, row: Row) -> None:
        """Append the result, a row of kind "result", and rename the file to that of a finished run.

        Nothing can be written after it. Under "timing" are the sums of "seconds" and "cpu_seconds" over all
        rows, resumed or not.
        """
        laps = [self._lap(), *((row["timing"]["seconds"], row["timing"]["cpu_seconds"]) for row in self.rows)]
        wall, cpu = (sum(column) for column in zip(*laps, strict=True))
        timing = {**row.get("timing", {}), "seconds": wall, "cpu_seconds": cpu}
        self._append({"kind": "result", **row, "timing": timing})
        self._file.seek(0)
        self._write(end_line(self._file.read()))
        os.replace(self._part, self._finished)
        self.done = True
        for path in (self.checkpoint, self._progress):
            path.unlink(missing_ok=True)

    def start_afresh(self, why: str) -> None:
        """Drop rows and checkpoint, and tell the user why."""
        self.notices.append(f"{why}; the run begins afresh")
        self.checkpoint.unlink(missing_ok=True)
        self._begin()

    def _begin(self) -> None:
        self._cut(0)
        self._append(self._header)
        self._append(self._attempt)

    def _read(self) -> None:
        try:
            self._lines, torn = decode(self._file.read())
        except ValueError as error:
            self.start_afresh(f"{self._part}: {error}")
            return
        if torn:
            self.notices.append(f"{self._part}: a torn last line was dropped")
        if not self._lines or not self.checkpoint.exists():
            self.checkpoint.unlink(missing_ok=True)
            self._begin()
        elif self._lines[0][0] != json.loads(encode(self._header)):
            self.start_afresh(f"{self._part} belongs to another run")
        else:
            # There is a result already if the sweep was killed before the file was renamed.
            ends = [k for k, (row, _) in enumerate(self._lines) if row["kind"] in ("result", "end")]
            self._cut(ends[0] if ends else len(self._lines))
            self._append(self._attempt)

    def _epoch(self) -> int:
        return max((row["epoch"] for row in self.rows if "epoch" in row), default=-1)

    def _lap(self) -> tuple[float, float]:
        before, self._clock = self._clock, (time.monotonic(), time.process_time())
        return round(self._clock[0] - before[0], 4), round(self._clock[1] - before[1], 4)

    def _append(self, row: Row) -> None:
        line = encode(row)
        self._write(line)
        self._lines.append((json.loads(line), self._end() + len(line)))

    def _write(self, line: bytes) -> None:
        self._file.seek(0, os.SEEK_END)
        left = memoryview(line)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def _cut(self, lines: int) -> None:
        del self._lines[lines:]
        self._file.truncate(self._end())

    def _end(self) -> int:
        return self._lines[-1][1] if self._lines else 0
