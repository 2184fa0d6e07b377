"""What comes before the first fast step: importing, and compiling."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from typing import Any

from experiments.bench.process import in_fresh_process, run_worker

IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def import_times(repeats: int, advance: Callable[[], object]) -> dict[str, float]:
    """Return the median seconds that ``import minigrad`` and ``import numba`` take in a fresh process.

    Byte code is kept in a folder of its own, so that the environment that this runs in, which may forbid
    writing it, makes no difference; the first run of each, which fills the folder, is not counted.
    """
    samples: dict[str, list[float]] = {"minigrad": [], "numba": []}
    with tempfile.TemporaryDirectory() as folder:
        env = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for counted in [False] + [True] * repeats:
            for package, seconds in samples.items():
                taken = in_fresh_process("-c", IMPORT.format(package), env=env)
                if counted:
                    seconds.append(taken)
            advance()
    medians = {f"{package}_s": round(statistics.median(s), 4) for package, s in samples.items()}
    return {**medians, "ratio": round(medians["minigrad_s"] / medians["numba_s"], 3)}


def compile_times(advance: Callable[[], object]) -> dict[str, Any]:
    """Return the seconds of a process's first training step in mode level: compiling, and from the cache."""
    cold, cached = _twice("first-step", advance)
    return {
        "first_step_compiling_s": cold["first"],
        "first_step_cached_s": cached["first"],
        "second_step_s": cached["second"],
    }


def first_use(advance: Callable[[], object]) -> dict[str, Any]:
    """Return the seconds that a compiled cell's first use takes in a process, by the state of the caches.

    "cell_s": one fold and its backward, without anything else of a step. "rest_s": the training step after
    that, which compiles the kernels of the loss and of the optimiser. "next_step_s": one that compiles none.
    """
    fresh, warm = _twice("first-use", advance)
    return {"fresh_cache": fresh, "warm_cache": warm}


def _twice(section: str, advance: Callable[[], object]) -> list[Any]:
    """Return what two processes measure, the first with empty caches, the second with what that leaves."""
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            env = {"NUMBA_CACHE_DIR": folder, "MINIGRAD_CACHE_DIR": folder}
            measured.append(run_worker(section, quick=False, env=env))
            advance()
    return measured
