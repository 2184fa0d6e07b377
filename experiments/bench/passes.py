"""What each pass of the fold's compiler buys: training steps with all of them, and with one left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np

from experiments.bench.pieces import step_in_pieces
from experiments.bench.workload import CONFIGS, LEARNING_RATE, Config, minibatches, new_model, vocabulary
from experiments.training.step import no_collection
from minigrad.fold.compiler import build, memory
from minigrad.fold.compiler.order import TILE, Order
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import ALL
from minigrad.fold.schedule import MODES
from minigrad.optim import AdaGrad
from models import Forest, TreeClassifier

Variant = Callable[[Sequence[Forest]], AbstractContextManager[Any]]


def _without(**off: bool) -> Variant:
    plan = partial(Plan, passes=ALL._replace(**off))
    return lambda forests: patch.object(build, "Plan", plan)


def _one_chunk(forests: Sequence[Forest]) -> AbstractContextManager[Any]:
    return patch.object(memory, "CHUNK", max(np.count_nonzero(forest.left >= 0) for forest in forests))


def _by_level(forests: Sequence[Forest]) -> AbstractContextManager[Any]:
    """Go level by level; in orders prepared beforehand, so that the time to find them is not counted."""
    orders = {id(forest.left): level_order(forest) for forest in forests}
    evaluation = import_module("minigrad.fold.compiler.evaluation")
    return patch.object(evaluation, "order", lambda left, right, chain: orders[id(left)])


# Each compiles, and runs, what it is the name of.
VARIANTS: dict[str, Variant] = {
    "all passes": lambda forests: nullcontext(),
    "products one by one": _without(group=False),
    "a loop for every operation": _without(fuse=False),
    "leaves' memories like others": _without(skip=False),
    "level by level": _by_level,
    "one chunk": _one_chunk,
}
COMPARED = (CONFIGS[0], CONFIGS[3])  # RLSTM, RNN


def level_order(forest: Forest) -> Order:
    """Return the order in which nodes of one height stand together, in tiles of the usual size."""
    inner = forest.left >= 0
    rows: list[np.ndarray] = []
    tiles: list[np.ndarray] = []
    done = 0
    for level in MODES["level"](forest):
        for start in range(0, len(level.rows), TILE):
            part = level.rows[start : start + TILE]
            left, right = inner[forest.left[part]], inner[forest.right[part]]
            kind = np.select([left & right, left, right], [2, 3, 1], 0)  # as in the compiler's own tiles
            rows.append(part[np.argsort(kind, kind="stable")])
            tiles.append(done + np.searchsorted(np.sort(kind), np.arange(5)))
            done += len(part)
    order = np.concatenate([np.empty(0, np.intp), *rows])
    left, right = forest.left[order], forest.right[order]
    bounds = np.array(tiles, np.intp).reshape(-1, 5)
    nodes = np.stack([order, left, right, ~inner[left], ~inner[right]], axis=1)
    return Order(bounds, nodes, np.flatnonzero(~inner))


def measure(
    count: int,
    rounds: int,
    configs: Sequence[Config] = COMPARED,
    advance: Callable[[], object] = lambda: None,
) -> list[dict[str, Any]]:
    """Return, for each config and variant, the median microseconds of a training step per inner node.

    Parameters
    ----------
    count : int
        How many minibatches a round trains on.
    rounds : int
        In each, every variant has its turn.
    configs : sequence of Config
    advance : function
        Called after every config.
    """
    words = vocabulary()
    entries = []
    for config in configs:
        forests = minibatches(config, count, words)
        nodes = sum(len(forest.inner) for forest in forests)
        contexts = {name: partial(variant, forests) for name, variant in VARIANTS.items()}
        steps = {name: _steps(new_model(config.cell, words), forests) for name in VARIANTS}
        times: dict[str, list[float]] = {name: [] for name in VARIANTS}
        with no_collection():
            for _ in range(rounds + 1):  # in the first, everything is compiled
                for name, step in steps.items():
                    with contexts[name]():
                        times[name].append(step() / nodes * 1e6)
        entries += [
            {**config.key(), "variant": name, "us_per_node": round(float(np.median(seen[1:])), 3)}
            for name, seen in times.items()
        ]
        advance()
    return entries


def _steps(model: TreeClassifier, forests: Sequence[Forest]) -> Callable[[], float]:
    """Return a function that trains on all minibatches and returns the seconds."""
    optimizer = AdaGrad(model.parameters(), lr=LEARNING_RATE)
    return lambda: sum(sum(step_in_pieces(model, optimizer, forest)) for forest in forests)
