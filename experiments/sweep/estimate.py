"""How long it will take, from the runs that are finished.

Runs that differ only in numbers are of a kind ("length/03/RLSTM/2" is of the kind "length/RLSTM"): early
stopping gives them alike many epochs, and their tree nodes cost alike much.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from experiments.sweep.job import Job
from experiments.sweep.rows import Run


def kind(name: str) -> str:
    """Return a run's name without its numbers."""
    return "/".join(part for part in name.split("/") if not part.isdecimal())


@dataclass(frozen=True)
class Pace:
    """What runs of a kind take.

    Attributes
    ----------
    epochs, deviation : float
        Mean and standard deviation of the number of epochs.
    runs : int
        How many tell so.
    seconds : float
        Per tree node and epoch, everything included.
    """

    epochs: float
    deviation: float
    runs: int
    seconds: float


@dataclass(frozen=True)
class Left:
    """What is still to be done: tree nodes × epochs, and seconds from (low) to (high)."""

    nodes: float
    low: float
    high: float


class History:
    """The finished runs' epochs and times.

    Parameters
    ----------
    runs : sequence of Run
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._kinds: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            self.add(run)

    def add(self, run: Run) -> None:
        """Take account of one more."""
        self._kinds[kind(run.name)].append(run)

    def pace(self, name: str) -> Pace | None:
        """Return what a run of this name may take; of other kinds if there is none of its own yet."""
        if runs := self._kinds.get(kind(name)):
            return _pace(runs, len(runs))
        runs = [run for runs in self._kinds.values() for run in runs]
        return _pace(runs, 1) if runs else None

    def seconds(self, job: Job) -> float | None:
        """Return how long a job may take."""
        pace = self.pace(job.name)
        return None if pace is None else pace.epochs * job.work * pace.seconds

    def left(self, jobs: Iterable[tuple[Job, float]], processes: int) -> Left | None:
        """Estimate what is left of jobs that have done so many epochs; None if no run is finished yet.

        The range is two standard deviations of the number of epochs to either side, where the runs of a kind
        are independent and their mean is known only as well as the finished ones tell it.
        """
        groups: dict[str, list[tuple[int, float]]] = defaultdict(list)
        paces: dict[str, Pace] = {}
        for job, done in jobs:
            if (pace := self.pace(job.name)) is None:
                return None
            paces[kind(job.name)] = pace
            groups[kind(job.name)].append((job.work, max(pace.epochs - done, 1.0)))
        nodes = total = variance = longest = 0.0
        for name, members in groups.items():
            pace = paces[name]
            left = [work * epochs for work, epochs in members]
            work = [work for work, _ in members]
            nodes += sum(left)
            total += sum(left) * pace.seconds
            longest = max(longest, max(left) * pace.seconds)
            spread = sum(w * w for w in work) + sum(work) ** 2 / pace.runs
            variance += (pace.deviation * pace.seconds) ** 2 * spread
        doubt = 2 * math.sqrt(variance)
        low, high = (max(t / processes, 0.0) for t in (total - doubt, total + doubt))
        return Left(nodes, max(low, min(longest, total / processes) / 2), max(high, longest))


def _pace(runs: list[Run], independent: int) -> Pace:
    epochs = [max(run.epochs, 1) for run in runs]  # without training all is done in one go
    mean = statistics.fmean(epochs)
    work = sum(run.work * number for run, number in zip(runs, epochs, strict=True))
    return Pace(
        mean,
        statistics.stdev(epochs) if len(runs) > 1 else mean / 2,  # of one run alone little is known
        independent,
        sum(run.seconds for run in runs) / max(work, 1),
    )


def in_words(low: float, high: float) -> str:
    """Return a range of seconds: ``"3 to 5 min"``."""
    unit, name = next((u, n) for u, n in ((3600, "h"), (60, "min"), (1, "s")) if high >= 2 * u or u == 1)
    digits = 1 if name == "h" else 0
    ends = [f"{low / unit:.{digits}f}", f"{high / unit:.{digits}f}"]
    return f"{' to '.join(dict.fromkeys(ends))} {name}"
