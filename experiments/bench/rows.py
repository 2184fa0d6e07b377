"""The rows of the table: microseconds per inner node of a whole training step, and its share of the peak."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.bench.agreement import check
from experiments.bench.peak import fma_peak, training_flop
from experiments.bench.systems import SLOW, builders
from experiments.bench.workload import CONFIGS, Config, minibatches, new_model, vocabulary
from experiments.step import no_collection


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    A *pass* trains on every minibatch once and gives one sample. A round makes `passes` passes of each fast
    system, taking turns, and one of each slow system, so that whatever else the machine does hits all alike.
    Before a pass comes one step that is not timed: its arrays have left the cache during the others' turns.
    """

    minibatches: int
    rounds: int
    passes: int


FULL = Plan(minibatches=8, rounds=9, passes=5)
QUICK = Plan(minibatches=3, rounds=3, passes=3)
SPREAD = ("min", "quartile_1", "median", "quartile_3")


def measure(
    plan: Plan, configs: Sequence[Config] = CONFIGS, advance: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Return "rows", "spread" and "agreement" with an entry for each of them, and "fma_peak_gflops".

    The peak is the median over all rounds, taken beside the systems' turns, so that both see the same clock.

    Parameters
    ----------
    plan : Plan
    configs : sequence of Config
    advance : function
        Called after every round.

    Raises
    ------
    DisagreementError
        If a system does not compute what minigrad computes.
    """
    document: dict[str, Any] = {"rows": [], "spread": [], "agreement": []}
    words = vocabulary()
    peaks: list[float] = []
    for config in configs:
        forests = minibatches(config, plan.minibatches, words)
        build = builders(config.cell)
        for name in build:
            if name != "minigrad-level":
                seen = check(name, build[name], build["minigrad-level"], config.cell, forests[0])
                document["agreement"].append({"system": name, **config.key(), **seen})

        def end_round() -> None:
            peaks.append(fma_peak())
            advance()

        flop = sum(training_flop(config.cell, forest) for forest in forests)
        flop_per_node = flop / sum(len(forest.inner) for forest in forests)
        for name, samples in _sample(plan, config, forests, end_round).items():
            quarters = np.percentile(samples, [0, 25, 50, 75])
            identity = {"system": name, **config.key()}
            time = round(float(quarters[2]), 3)
            document["rows"].append({**identity, "us_per_node": time, "peak_share": flop_per_node / time})
            spread = dict(zip(SPREAD, quarters.round(3).tolist(), strict=True))
            document["spread"].append({**identity, "samples": len(samples), **spread})
    peak = document["fma_peak_gflops"] = round(float(np.median(peaks)), 1)
    for row in document["rows"]:  # which holds FLOP per µs until now
        row["peak_share"] = round(row["peak_share"] / (peak * 1e3), 4)
    return document


def _sample(
    plan: Plan, config: Config, forests: list[Any], advance: Callable[[], object]
) -> dict[str, list[float]]:
    """Return the microseconds per inner node of every pass, by system."""
    words = forests[0].vocabulary
    systems = {name: build(new_model(config.cell, words)) for name, build in builders(config.cell).items()}
    batches = {name: [system.prepare(f) for f in forests] for name, system in systems.items()}
    nodes = sum(len(forest.inner) for forest in forests)
    samples: dict[str, list[float]] = {name: [] for name in systems}

    def one_pass(name: str) -> float:
        step = systems[name].step
        with no_collection():  # as the training loop does; it helps the peers too
            step(batches[name][-1])
            start = time.perf_counter()
            for batch in batches[name]:
                step(batch)
            return (time.perf_counter() - start) / nodes * 1e6

    fast = [name for name in systems if name not in SLOW]
    turns = fast * plan.passes + [name for name in systems if name in SLOW]
    for name in fast:
        one_pass(name)  # compiles, and warms the caches; `check` has compiled what the slow ones use
    for _ in range(plan.rounds):
        for name in turns:
            samples[name].append(one_pass(name))
        advance()
    return samples
