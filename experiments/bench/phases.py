"""What the time of a compiled training step goes to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.bench.pieces import step_in_pieces
from experiments.bench.workload import CONFIGS, LEARNING_RATE, Config, minibatches, new_model, vocabulary
from experiments.training.step import no_collection
from minigrad.fold.compiler.order import order
from minigrad.optim import AdaGrad, Optimizer
from models import Forest, TreeClassifier

PHASES = ("schedule", "forward", "loss", "backward", "optimiser")


def measure(
    count: int, rounds: int, configs: Sequence[Config] = CONFIGS, advance: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Return, for each config, the median microseconds per inner node of every phase.

    Parameters
    ----------
    count : int
        How many minibatches a round trains on.
    rounds : int
    configs : sequence of Config
    advance : function
        Called after every config.
    """
    words = vocabulary()
    entries = []
    for config in configs:
        forests = minibatches(config, count, words)
        nodes = sum(len(forest.inner) for forest in forests)
        model = new_model(config.cell, words)
        optimizer = AdaGrad(model.parameters(), lr=LEARNING_RATE)
        with no_collection():
            _step(model, optimizer, forests[0])  # compiles
            samples = [
                np.sum([_step(model, optimizer, forest) for forest in forests], axis=0) / nodes * 1e6
                for _ in range(rounds)
            ]
        medians = np.median(samples, axis=0).round(3).tolist()
        entries.append({**config.key(), **dict(zip(PHASES, medians, strict=True))})
        advance()
    return entries


def _step(model: TreeClassifier, optimizer: Optimizer, forest: Forest) -> list[float]:
    """Train on one minibatch and return the seconds of every phase.

    Forward orders the nodes itself, so that is timed beside it and taken off.
    """
    start = time.perf_counter()
    order(forest.left, forest.right)
    schedule = time.perf_counter() - start
    forward, *rest = step_in_pieces(model, optimizer, forest)
    return [schedule, forward - schedule, *rest]
