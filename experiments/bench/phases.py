"""What the time of a compiled training step goes to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.bench.workload import CONFIGS, LEARNING_RATE, Config, minibatches, new_model, vocabulary
from experiments.step import no_collection
from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.flat import leave, leave_side_by_side
from minigrad.fold.compiler import CompiledCell, evaluate, ready
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

    The phases, all but the last of which a training step runs in one call of compiled code, are called one by
    one. "forward" reads the word vectors and folds. The fold orders the nodes itself, so that is timed beside
    it and taken off.
    """
    times = [time.perf_counter()]

    def lap() -> None:
        times.append(time.perf_counter())

    order(forest.left, forest.right)
    lap()
    L, W, b = model.L.data, model.Ws.data, model.bs.data
    code = ready(model.cell, L.dtype)
    assert isinstance(code, CompiledCell), "the benchmark's cells are compiled"
    evaluation = evaluate(code, forest, L, lambda leaves: forest.word[leaves], keep=True)
    lap()
    gradient = np.empty(W.size + b.size + code.size, L.dtype)
    by_W, by_b, by_cell = np.split(gradient, [W.size, W.size + b.size])
    by_h, labels = np.empty((len(forest), L.shape[1]), L.dtype), model.labels(forest)
    kernels.linear_cross_entropy(
        by_h, by_W.reshape(W.shape), by_b, evaluation.states["h"], W, b, forest.root, labels, 1 / len(forest)
    )
    lap()
    given = {"h": SparseRows(forest.root, by_h, forest.n_nodes)}
    by_leaves = evaluation.differentiate(given, evaluation.new_gradients(), by_cell)
    by_words = SparseRows(evaluation.words, by_leaves, len(L)).summed()
    lap()
    leave(model.L, by_words)
    leave_side_by_side([model.Ws, model.bs, *evaluation.parameters], gradient)
    optimizer.step()
    optimizer.zero_grad()
    del evaluation  # what it holds is freed
    lap()
    schedule, forward, *rest = np.diff(times).tolist()
    return [schedule, forward - schedule, *rest]
