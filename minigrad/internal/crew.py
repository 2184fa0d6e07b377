"""Jobs on several threads, for compiled code that holds no lock of Python's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")


def require_threads(threads: object) -> None:
    """Raise if this is no number of threads.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads is a whole number, not {threads!r}")
    if threads < 1:
        raise ValueError(f"threads is at least 1, not {threads}")


def run(jobs: Sequence[Callable[[], Result]], threads: int) -> list[Result]:
    """Call all jobs; return their results in their order.

    The calling thread takes part: on a machine whose other processors are busy it does most of the work. If
    jobs fail, the error of the first of them is raised, when none is running any more.
    """
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    left = iter(enumerate(jobs))  # taking the next one is a single step for Python's threads

    def work() -> None:
        for k, job in left:
            if errors:
                return
            try:
                results[k] = job()
            except BaseException as error:  # Ctrl-C, too: the caller raises it
                errors[k] = error

    helpers = min(threads, len(jobs)) - 1
    futures = [_helpers(helpers).submit(work) for _ in range(helpers)]
    work()
    wait(futures)
    if errors:
        raise errors[min(errors)]
    return [results[k] for k in range(len(jobs))]


@cache
def _helpers(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="minigrad")


# A forked process has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)
