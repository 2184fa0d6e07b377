"""Does the time per node stay the same from 10,000 to 100,000 nodes?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from experiments.bench.workload import new_model, vocabulary
from experiments.step import no_collection
from models import Vocabulary, random_forest

SIZES = (10_000, 30_000, 100_000)
QUICK_SIZES = (1_000, 3_000, 10_000)


def op_chain(n: int, words: Vocabulary) -> float:
    """Return the seconds for n ops in a row, through backward and until their graph is gone."""
    x = mg.tensor(np.ones(1), requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(n):
        y = y * 0.9999
    y.backward()
    del y
    return time.perf_counter() - start


def fold_of(shape: str) -> Callable[[int, Vocabulary], float]:
    """Return a measurement of the RNN in mode level, forward and backward, over one tree of n inner nodes."""

    def seconds(n: int, words: Vocabulary) -> float:
        rng = np.random.default_rng(0)
        forest = random_forest(rng, [n + 1], shape, vocabulary=words, labels=[0])
        model = new_model("RNN", words)
        start = time.perf_counter()
        loss, states = model.loss(forest)
        loss.backward()
        del loss, states
        return time.perf_counter() - start

    return seconds


WHAT = {
    "chain of ops": op_chain,
    "fold over a left chain": fold_of("left_chain"),
    "fold over a split-shape tree": fold_of("uniform_split"),
}


def measure(sizes: Sequence[int], rounds: int, advance: Callable[[], object]) -> list[dict[str, Any]]:
    """Return one entry per (what, nodes), each the fastest of `rounds`: the sizes take turns."""
    words = vocabulary()
    entries = []
    for name, seconds in WHAT.items():
        best = dict.fromkeys(sizes, np.inf)
        with no_collection():
            seconds(sizes[0], words)
            for _ in range(rounds):
                for n in sizes:
                    best[n] = min(best[n], seconds(n, words))
                    advance()
        entries += [{"what": name, "nodes": n, "us_per_node": round(best[n] / n * 1e6, 3)} for n in sizes]
    return entries
