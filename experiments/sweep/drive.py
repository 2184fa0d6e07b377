"""Keep the workers busy until every job is done or given up."""

from __future__ import annotations

import errno
import math
import time
import traceback
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

from experiments.sweep.crew import DEATHS, Crew
from experiments.sweep.progress import Progress
from experiments.sweep.rows import read_run
from experiments.sweep.worker import Outcome, Task, perform

IDLE = 10.0  # seconds without a worker, after which that is said
LOOK_EVERY = 0.5  # seconds between two looks at the progress
# The next run would meet with these as well, so they end the sweep.
HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


def drive(crew: Crew, tasks: Sequence[Task], progress: Progress) -> list[str]:
    """Do all tasks, in this order as far as workers are free; return the names of the runs that failed.

    Raises
    ------
    OSError
        If the disk is full or has become read-only.
    BrokenExecutor
        If an executor that the caller brought can't work any more.
    """
    waiting = deque(tasks)
    running: dict[Future[Outcome], Task] = {}
    deaths: Counter[str] = Counter()
    failed: list[str] = []
    worked = time.monotonic()
    try:
        while waiting or running:
            size = crew.size()
            while waiting and len(running) < size:
                running[crew.executor.submit(perform, waiting[0])] = waiting[0]
                waiting.popleft()
            if size:
                worked = time.monotonic()
            elif time.monotonic() - worked > IDLE:
                progress.say(f"no worker of {crew.name} is there; waiting for one")
                worked = math.inf
            done, _ = wait(running, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED)
            for future in done:
                task = running.pop(future)
                outcome = _outcome(future)
                if outcome is None:
                    deaths[task.job.id] += 1
                    if deaths[task.job.id] < DEATHS:
                        waiting.appendleft(task)
                        continue
                    outcome = Outcome(f"its process died {DEATHS} times; was it short of memory?\n")
                _report(task, outcome, progress)
                if outcome.traceback:
                    failed.append(task.job.name)
            if not done or not (waiting or running):
                progress.show(size)
    except BaseException:
        for future in running:
            future.cancel()
        crew.stop()
        raise
    return failed


def _outcome(future: Future[Outcome]) -> Outcome | None:
    """Return what came of a task; None if its process died."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except Exception as error:  # a cluster's own: a worker that lacks the code, a task given up there
        if type(error).__name__ == "KilledWorker":
            return Outcome(f"the cluster gave it up, since too many workers died over it: {error}\n")
        return Outcome(traceback.format_exc())


def _report(task: Task, outcome: Outcome, progress: Progress) -> None:
    for notice in outcome.notices:
        progress.say(notice)
    if not outcome.traceback:
        progress.finish(task.job, read_run(task.folder.finished(task.job.id)))
        return
    if outcome.error is not None and outcome.error[0] in HOPELESS:
        number, text = outcome.error
        raise OSError(
            number,
            f"{task.job.name} can't write any more: {text}. What is finished is kept; "
            "make room, and start the command again",
        )
    progress.fail(task.job)
    progress.say(f"{task.job.name} failed:\n{outcome.traceback.rstrip()}\n")
