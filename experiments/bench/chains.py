"""An LSTM over chains, beside PyTorch's own ``nn.LSTM``: milliseconds of a training step.

PyTorch hands its LSTM to oneDNN, where it was built with it: code written for one processor, as the compiled
fold is. Without oneDNN it is PyTorch's usual operations, a product and some loops at every position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.bench.agreement import check
from experiments.bench.peak import fma_peak, training_flop
from experiments.bench.systems import Builder, chain_builders
from experiments.bench.turns import Lane, Plan, take_turns
from experiments.bench.workload import CLASSES, WORDS, D, new_model, vocabulary
from models import Forest, Vocabulary, chain_forest

CELL, CHAINS, STEPS = "LSTM", 20, 100
REFERENCE = "minigrad-compiled"


def minibatches(
    count: int, words: Vocabulary, chains: int = CHAINS, steps: int = STEPS, seed: int = 0
) -> list[Forest]:
    """Draw forests of chains that are equally long, with a class at the last position of each."""
    rng = np.random.default_rng(seed)
    forests = []
    for _ in range(count):
        labels = np.full((chains, steps), -1)
        labels[:, -1] = rng.integers(CLASSES, size=chains)
        drawn = rng.integers(WORDS, size=chains * steps)
        forests.append(chain_forest(drawn, [steps] * chains, words, labels=labels.ravel()))
    return forests


def measure(
    plan: Plan,
    chains: int = CHAINS,
    steps: int = STEPS,
    advance: Callable[[], object] = lambda: None,
    build: dict[str, Builder] | None = None,
) -> list[dict[str, Any]]:
    """Return an entry per system; "ratio" is its time as a multiple of the compiled fold's.

    Parameters
    ----------
    plan : Plan
    chains, steps : int
        How many there are in a minibatch, and how long they are.
    advance : function
        Called after every round.
    build : dict of str to Builder, optional
        The systems, `systems.chain_builders` unless given; those of minigrad must be among them.

    Raises
    ------
    DisagreementError
        If a system does not compute what mode level computes.
    """
    words = vocabulary()
    forests = minibatches(plan.minibatches, words, chains, steps)
    build = chain_builders() if build is None else dict(build)
    level = build.pop("minigrad-level")
    agreement = {name: check(name, make, level, CELL, forests[0]) for name, make in build.items()}
    lanes, peaks = {}, []
    for name, make in build.items():
        system = make(new_model(CELL, words))
        lanes[name] = Lane(system.step, [system.prepare(forest) for forest in forests])

    def end_round() -> None:
        peaks.append(fma_peak())
        advance()

    samples = take_turns(plan, lanes, end_round)
    seconds = {name: float(np.median(passes)) / len(forests) for name, passes in samples.items()}
    ideal = training_flop(CELL, forests[0]) / (float(np.median(peaks)) * 1e9)
    return [
        {
            "system": name,
            "cell": CELL,
            "chains": chains,
            "steps": steps,
            "D": D,
            "ms_per_step": round(seconds[name] * 1e3, 3),
            "peak_share": round(ideal / seconds[name], 4),
            "ratio": round(seconds[name] / seconds[REFERENCE], 3),
            "agreement": agreement[name],
        }
        for name in lanes
    ]
