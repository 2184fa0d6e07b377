"""The workers of a sweep, and the loop that gives them tasks until every job is done or has failed."""

from __future__ import annotations

import argparse
import errno
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass

from experiments.sweep.cluster import local_cluster, remote_cluster
from experiments.sweep.processes import DEATHS, Processes
from experiments.sweep.progress import Progress
from experiments.sweep.rows import read_run
from experiments.sweep.worker import Outcome, Task, perform

LOOK_EVERY = 0.5  # seconds between two looks at the progress
# Errors that every other run would meet too: they end the sweep.
FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


@dataclass(frozen=True)
class Crew:
    """Workers.

    Attributes
    ----------
    executor : Executor
    size : function
        Returns how many tasks they can do at the same time, now.
    name : str
    """

    executor: Executor
    size: Callable[[], int]
    name: str


@contextmanager
def hire(args: argparse.Namespace, executor: Executor | None = None) -> Iterator[Crew]:
    """Start the workers that the options ask for; they end with the block, at once if it raises.

    Raises
    ------
    SweepError
        If there is no such cluster, or not the package for it.
    """
    if executor is not None:
        yield Crew(executor, lambda: sys.maxsize, type(executor).__name__)
    elif args.scheduler or args.local_cluster:
        with (
            remote_cluster(args.scheduler)
            if args.scheduler
            else local_cluster(args.local_cluster, DEATHS) as client
        ):
            workers = client.get_executor(pure=False)  # type: ignore[no-untyped-call, unused-ignore]
            yield Crew(workers, lambda: len(client.nthreads()), "dask")  # type: ignore[no-untyped-call, unused-ignore]
    else:
        with Processes(args.jobs) as processes:
            yield Crew(processes, lambda: args.jobs, "processes")


def drive(crew: Crew, tasks: Sequence[Task], progress: Progress) -> list[str]:
    """Do all tasks, started in this order; return the names of the runs that failed.

    Raises
    ------
    OSError
        If the disk is full or has become read-only.
    BrokenExecutor
        If an executor that the caller brought can't work any more.
    """
    waiting = deque(tasks)
    running: dict[Future[Outcome], Task] = {}
    failed: list[str] = []
    try:
        while waiting or running:
            size = crew.size()
            while waiting and len(running) < size:  # a queued task would die with its worker
                running[crew.executor.submit(perform, waiting[0])] = waiting[0]
                waiting.popleft()
            progress.show(size)
            if not running:
                time.sleep(LOOK_EVERY)
            for future in wait(running, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                outcome = _outcome(future)
                _report(task, outcome, progress)
                if outcome.traceback:
                    failed.append(task.job.name)
    except BaseException:
        for future in running:
            future.cancel()
        raise
    progress.show(crew.size())
    return failed


def _outcome(future: Future[Outcome]) -> Outcome:
    """Return how a task ended, be it that its worker died."""
    try:
        return future.result()
    except BrokenExecutor as error:
        return Outcome(f"{error}\n")
    except Exception as error:  # from a cluster: a worker that lacks the code, a task that was given up
        if type(error).__name__ == "KilledWorker":
            return Outcome(f"the cluster gave it up, since too many workers died over it: {error}\n")
        return Outcome(traceback.format_exc())


def _report(task: Task, outcome: Outcome, progress: Progress) -> None:
    for notice in outcome.notices:
        progress.say(notice)
    if not outcome.traceback:
        progress.finish(task.job, read_run(task.folder.finished(task.job.id)))
        return
    if outcome.error is not None and outcome.error[0] in FATAL:
        number, text = outcome.error
        raise OSError(
            number,
            f"{task.job.name} can't write any more: {text}. What is finished is kept; "
            "free some space, and start the command again",
        )
    progress.fail(task.job)
    progress.say(f"{task.job.name} failed:\n{outcome.traceback.rstrip()}\n")
