"""One progress bar for the whole sweep, in tree nodes × epochs; lines where stderr is no terminal."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from tqdm import tqdm

from experiments.sweep.folder import Folder
from experiments.sweep.job import Job
from experiments.sweep.rows import Run
from minigrad.waiting import SILENCE

LINE_EVERY = 30.0  # seconds, where stderr is not a terminal; the first line comes after `SILENCE`


def expected(jobs: Iterable[Job], finished: Sequence[Run]) -> dict[str, tuple[float, float]]:
    """Return by a job's id how many epochs and seconds it may take; nothing before a run is finished.

    Both are means over the finished runs whose names differ in numbers only (length/03/RLSTM/2 and
    length/10/RLSTM/1), or over all of them where there are none of those.
    """
    kinds: dict[str, list[Run]] = defaultdict(list)
    for run in finished:
        kinds[_kind(run.name)].append(run)
    found = {}
    for job in jobs if finished else ():
        runs = kinds.get(_kind(job.name), finished)
        trained = [max(run.epochs, 1) for run in runs]  # a run without training has no epochs
        nodes = sum(run.work * epochs for run, epochs in zip(runs, trained, strict=True))
        epochs = fmean(trained)
        found[job.id] = epochs, epochs * job.work * sum(run.seconds for run in runs) / max(nodes, 1)
    return found


def _kind(name: str) -> str:
    return "/".join(part for part in name.split("/") if not part.isdecimal())


class Progress:
    """Shows how far a sweep is.

    Parameters
    ----------
    folder : Folder
        Where the rows of the runs under way are.
    todo : sequence of Job
        The runs that are not finished.
    finished : sequence of Run
        Those that are, of this sweep or another.
    ready : int
        How many of the sweep's own runs were finished before.
    """

    def __init__(self, folder: Folder, todo: Sequence[Job], finished: Sequence[Run], ready: int) -> None:
        self._folder, self._todo, self._finished = folder, {job.id: job for job in todo}, list(finished)
        self._expected = expected(todo, finished)
        self._ready, self._failed, self._all = ready, 0, ready + len(todo)
        self._done = 0.0
        self._began = time.monotonic()
        self._next = self._began + SILENCE
        before = sum(map(self._told, todo))
        self._bar = tqdm(disable=None, initial=before, unit="node", unit_scale=True, smoothing=0)

    def show(self, workers: int) -> None:
        """Bring the bar up to date, or write a line if it is time for one."""
        now = time.monotonic()
        if self._bar.disable and now < self._next:
            return
        self._next = now + LINE_EVERY
        told = {id: self._told(job) for id, job in self._todo.items()}
        nodes = total = self._done + sum(told.values())
        for id, (epochs, _) in self._expected.items():
            work = self._todo[id].work
            total += max(epochs * work - told[id], work)
        state = f"{self._ready} of {self._all} runs"
        if self._failed:
            state += f", {self._failed} failed"
        if not workers:
            state += ", waiting for a worker"
        known = total if self._finished else None
        if self._bar.disable:
            how = {"prefix": state, "unit": "node", "unit_scale": True, "initial": self._bar.n}
            print(tqdm.format_meter(nodes, known, now - self._began, 0, **how), file=sys.stderr, flush=True)
        else:
            self._bar.total, self._bar.n = known, nodes
            self._bar.set_description_str(state)

    def finish(self, job: Job, run: Run) -> None:
        """Count a finished run, and expect the others to take what it took."""
        self._todo.pop(job.id)
        self._finished.append(run)
        self._done += run.work * run.epochs
        self._ready += 1
        self._expected = expected(self._todo.values(), self._finished)

    def fail(self, job: Job) -> None:
        """Count a run that has failed."""
        self._done += self._told(self._todo.pop(job.id))
        self._expected.pop(job.id, None)
        self._failed += 1

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        self._bar.write(text, file=sys.stderr)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    def _told(self, job: Job) -> float:
        try:
            return float(self._folder.progress(job.id).read_bytes() or 0)
        except (FileNotFoundError, ValueError):
            return 0.0
