"""The rows of the table: microseconds per inner node of a whole training step, and its share of the peak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.bench.agreement import check
from experiments.bench.peak import fma_peak, training_flop
from experiments.bench.systems import SLOW, builders
from experiments.bench.turns import Lane, Plan, take_turns
from experiments.bench.workload import CONFIGS, Config, minibatches, new_model, vocabulary

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
    words, lanes = forests[0].vocabulary, {}
    for name, build in builders(config.cell).items():
        system = build(new_model(config.cell, words))
        lanes[name] = Lane(system.step, [system.prepare(forest) for forest in forests])
    nodes = sum(len(forest.inner) for forest in forests)
    seconds = take_turns(plan, lanes, advance, SLOW)
    return {name: [each / nodes * 1e6 for each in passes] for name, passes in seconds.items()}
