"""Workers in parallel, where pytest-xdist is installed; and what all tests have in common."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

# Collecting makes 400,000 objects that live until the end: the garbage collector would walk through them
# again and again. It waits until they are there, and then leaves them out. A process that gives out work to
# others, and keeps their reports, does without.
gc.disable()
# How many new objects there are when it looks at the youngest, and how often it does so before it looks at
# older ones. One figure, or one cell that is compiled, makes more than Python's 700 at once
GARBAGE = 50_000, 10, 10


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what has been collected to no garbage collector, and call it for what tests make."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Give whole folders to a worker per core; one that has done its part takes over from the others.

    A worker takes a second to start, so single files run in this process; so does everything under a
    debugger. ``-n`` says otherwise; ``-n 0`` is none.
    """
    option = config.option
    if hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ:
        return  # this is a worker
    if getattr(option, "numprocesses", 0) is not None or option.usepdb or option.collectonly:
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores > 1 and all(Path(argument).is_dir() for argument in config.args):
        option.numprocesses = cores
        option.dist = "worksteal"
