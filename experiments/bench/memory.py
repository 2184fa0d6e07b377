"""How much memory a system takes."""

from __future__ import annotations

import sys
from typing import Any

from experiments.bench.systems import builders
from experiments.bench.workload import CONFIGS, minibatches, new_model, vocabulary

STEPS = 8


def measure(name: str) -> dict[str, Any]:
    """Return the peak resident megabytes of this process before and after some training steps."""
    config, words = CONFIGS[0], vocabulary()
    system = builders(config.cell)[name](new_model(config.cell, words))
    batches = [system.prepare(forest) for forest in minibatches(config, STEPS, words)]
    before = peak()
    for batch in batches:
        system.step(batch)
    return {"system": name, "before_mb": before, "peak_mb": peak()}


def peak() -> float | None:
    """Return the most megabytes that this process has held; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1e6 if sys.platform == "darwin" else 1e3), 1)
