"""Who does the work: processes here, a cluster's workers, or an executor that the caller brings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from experiments.sweep import cluster
from experiments.sweep.slots import Slots

DEATHS = 3  # of its process, after which a run is given up


@dataclass(frozen=True)
class Crew:
    """Workers.

    Attributes
    ----------
    executor : Executor
    size : function
        Returns how many tasks they can do at a time, now.
    name : str
    stop : function
        Makes them drop their work as soon as they can.
    """

    executor: Executor
    size: Callable[[], int]
    name: str
    stop: Callable[[], None] = lambda: None


@contextmanager
def hire(args: argparse.Namespace, executor: Executor | None = None) -> Iterator[Crew]:
    """Have the workers that the options ask for; they end with the block, at once if it raises.

    Raises
    ------
    SweepError
        If there is no such cluster.
    """
    if executor is not None:
        yield Crew(executor, lambda: sys.maxsize, type(executor).__name__)
    elif args.scheduler or args.local_cluster:
        with (
            cluster.remote_cluster(args.scheduler)
            if args.scheduler
            else cluster.local_cluster(args.local_cluster, DEATHS)
        ) as client:
            workers = client.get_executor(pure=False)  # type: ignore[no-untyped-call, unused-ignore]
            yield Crew(workers, lambda: len(client.nthreads()), "dask")  # type: ignore[no-untyped-call, unused-ignore]
    else:
        slots = Slots(args.jobs)
        try:
            yield Crew(slots, lambda: args.jobs, "processes", slots.kill)
        except BaseException:
            slots.kill()
            raise
        slots.shutdown()
