"""Workers in parallel, where pytest-xdist is installed; and what all tests have in common."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

# Files that take longest go first, so that no worker is left alone with one at the end. The first of them
# compiles the cells of the contract, and kernels, which other files wait for: meanwhile the other workers
# draw, or they would compile the same.
LONG = (
    "minigrad/fold_contract/test_values_and_gradients.py",
    "viz/test_ratios.py",
    "viz/test_figures_by_reference.py",
    "viz/test_ratio_figures.py",
    "viz/test_accuracy.py",
    "experiments/paper/test_figures.py",
    "minigrad/test_kernels.py",
    "models/test_row_cells_train.py",
    "experiments/sweep/test_processes.py",
    "test_readmes.py",
    "experiments/commands/test_cli.py",
    "minigrad/test_product.py",
    "minigrad/test_fold_cache.py",
    "models/test_check_cell.py",
)


# Collecting makes 400,000 objects that live until the end: the garbage collector would walk through them
# again and again. It waits until they are there, and then leaves them out. A process that gives out work to
# others, and keeps their reports, does without.
gc.disable()
# How many new objects there are when it looks at the youngest, and how often it does so before it looks at
# older ones. One figure, or one cell that is compiled, makes more than Python's 700 at once
GARBAGE = 50_000, 10, 10


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what has been collected to no garbage collector, and call it for what tests make."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()


def pytest_collection(session: pytest.Session) -> None:
    """Let each worker import other files first, so that not all rewrite the assertions of every file.

    What one has rewritten, the others read from ``__pycache__``. The order of the tests stays the same, and a
    file that can't be imported is told of when it is collected.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    files = [path for folder in session.config.args for path in sorted(Path(folder).rglob("test_*.py"))]
    root = Path(__file__).parent.parent
    for path in files[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]:
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.resolve().relative_to(root).with_suffix("").parts))


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Let a worker send no report of a fixture's set-up or tear-down that passed: nobody reads them.

    They are two of three reports, and cost as much as the third: more than many of 7,000 tests. Those who ask
    for durations, or for a file in JUnit's format, get all.
    """
    option = item.config.option
    if not hasattr(item.config, "workerinput") or option.durations or option.xmlpath:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Give whole folders to a worker per core, file by file.

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
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the other cores have their own worker
        option.numprocesses = cores
        option.dist = "loadfile"
        option.loadscopereorder = False  # it would put files of few tests last
