"""One bar for the whole sweep, in tree nodes × epochs; a line now and then where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from tqdm import tqdm

from experiments.sweep.estimate import History, in_words
from experiments.sweep.folder import Folder
from experiments.sweep.job import Job
from experiments.sweep.rows import Run

LINE_EVERY = 30.0  # seconds, where stderr is not a terminal
FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} nodes, {elapsed}{postfix}"
FORMAT_WITHOUT_TOTAL = "{n_fmt} nodes, {elapsed}{postfix}"


class Progress:
    """Shows how far a sweep is.

    Parameters
    ----------
    folder : Folder
        Where the runs tell how far they are.
    todo : sequence of Job
        The runs that are not finished.
    finished : sequence of Run
        Those that are, of this sweep or another.
    ready : int
        How many of the sweep's own runs were finished before.
    """

    def __init__(self, folder: Folder, todo: Iterable[Job], finished: Iterable[Run], ready: int) -> None:
        self._folder = folder
        self._todo = {job.id: job for job in todo}
        self._history = History(finished)
        self._ready, self._failed, self._all = ready, 0, ready + len(self._todo)
        self._done = 0.0
        self._line = time.monotonic()
        self._base = sum(self._told(job) for job in self._todo.values())
        self._bar = tqdm(disable=None, unit="node", unit_scale=True, bar_format=FORMAT_WITHOUT_TOTAL)

    def show(self, processes: int) -> None:
        """Bring the bar up to date, or write a line if it is time for one."""
        if self._bar.disable and time.monotonic() - self._line < LINE_EVERY:
            return
        self._line = time.monotonic()
        told = {id: self._told(job) for id, job in self._todo.items()}
        nodes = self._done + sum(told.values()) - self._base
        jobs = [(job, told[id] / max(job.work, 1)) for id, job in self._todo.items()]
        left = self._history.left(jobs, max(processes, 1))
        state = f"{self._ready} of {self._all} runs"
        if self._failed:
            state += f", {self._failed} failed"
        if left is None:
            state += ", time left not known before a run is finished"
        elif self._todo:
            state += f", {in_words(left.low, left.high)} left"
            self._bar.total = max(nodes + left.nodes, 1)
            self._bar.bar_format = FORMAT
        self._bar.set_postfix_str(state, refresh=False)
        self._bar.n = max(nodes, 0)
        self._bar.refresh()
        if self._bar.disable:
            share = "" if left is None else f", {nodes / max(nodes + left.nodes, 1):.0%}"
            print(f"{state}{share}", file=sys.stderr, flush=True)

    def finish(self, job: Job, run: Run) -> None:
        """Count a finished run, and learn from it."""
        self._todo.pop(job.id)
        self._done += run.work * run.epochs
        self._ready += 1
        self._history.add(run)

    def fail(self, job: Job) -> None:
        """Count a run that is given up."""
        self._done += self._told(self._todo.pop(job.id))
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
