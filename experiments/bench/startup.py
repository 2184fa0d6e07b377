"""What comes before the first fast step: importing, compiling; and how much memory training takes."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from typing import Any

from experiments.bench.process import call, fresh
from experiments.bench.race import Document
from experiments.bench.steps import CONFIGS
from experiments.bench.systems import builders
from experiments.bench.workload import minibatches, new_model

IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def startup(quick: bool) -> Document:
    """Measure processes: memory by system, imports, and the first steps with empty and with filled caches."""
    return {
        "memory": [{"system": name, **call(first_steps, name)} for name in builders(CONFIGS[0].cell)],
        "import": [imports(package, 3 if quick else 7) for package in ("minigrad", "numba")],
        "compile": _twice("minigrad-level"),
        "first_use": _twice("minigrad-compiled"),
    }


def imports(package: str, repeats: int) -> dict[str, Any]:
    """Return the median seconds of an import in a fresh process, after one that writes byte code."""
    command, env = IMPORT.format(package), {"PYTHONDONTWRITEBYTECODE": ""}
    seconds = [fresh("-c", command, env=env) for _ in range(repeats + 1)][1:]
    return {"package": package, "seconds": round(statistics.median(seconds), 4)}


def first_steps(name: str) -> dict[str, Any]:
    """Return the seconds of this process's first two training steps, and its peak megabytes over eight."""
    config = CONFIGS[0]
    system = builders(config.cell)[name](new_model(config))
    batches = [system.prepare(forest) for forest in minibatches(config, 8)]
    times, before = [], megabytes()
    for batch in batches:
        start = time.perf_counter()
        system.step(batch)
        times.append(round(time.perf_counter() - start, 4))
    return {"first_step_s": times[0], "second_step_s": times[1], "before_mb": before, "peak_mb": megabytes()}


def megabytes() -> float | None:
    """Return the most megabytes that this process has held; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _twice(name: str) -> list[dict[str, Any]]:
    """Return the first steps of two processes, with empty caches and with those that the first has filled."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"NUMBA_CACHE_DIR": folder, "MINIGRAD_CACHE_DIR": folder}
        return [{"caches": caches, **call(first_steps, name, env=env)} for caches in ("empty", "filled")]
