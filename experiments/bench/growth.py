"""Does the time per node stay the same as trees grow, to 100,000 nodes?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from experiments.bench.systems import Minigrad
from experiments.bench.workload import new_model, vocabulary
from experiments.training.step import no_collection
from models import Vocabulary, random_forest

SIZES = (10_000, 30_000, 100_000)
LEAVES = (10, 100, 1_000, 10_000, 100_000)
SHORTEST = 10_000  # nodes in a measurement; a smaller tree is trained on again and again

Measurement = Callable[[int, Vocabulary], float]


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


def fold_of(shape: str) -> Measurement:
    """Return a measurement of the RNN in mode level, forward and backward, over one tree of n inner nodes."""

    def seconds(n: int, words: Vocabulary) -> float:
        rng = np.random.default_rng(0)
        forest = random_forest(rng, [n + 1], shape, vocabulary=words, labels=[0])
        model = new_model("RNN", words)
        start = time.perf_counter()
        loss, states = model.loss(forest, "level")
        loss.backward()
        del loss, states
        return time.perf_counter() - start

    return seconds


def steps_on(shape: str) -> Measurement:
    """Return a measurement of the compiled RLSTM's whole training step on one tree of n inner nodes."""

    def seconds(n: int, words: Vocabulary) -> float:
        rng = np.random.default_rng(0)
        forest = random_forest(rng, [n + 1], shape, vocabulary=words, labels=[0])
        system = Minigrad(new_model("RLSTM", words), "compiled")
        repeats = max(1, SHORTEST // n)
        system.step(forest)  # traces the new model, and takes the memory that the next step takes again
        start = time.perf_counter()
        for _ in range(repeats):
            system.step(forest)
        return (time.perf_counter() - start) / repeats

    return seconds


CHAINS = {
    "chain of ops": op_chain,
    "fold over a left chain": fold_of("left_chain"),
    "fold over a split-shape tree": fold_of("uniform_split"),
}
COMPILED = {
    "compiled RLSTM step, balanced tree": steps_on("balanced"),
    "compiled RLSTM step, split-shape tree": steps_on("uniform_split"),
}
FULL = ((CHAINS, SIZES), (COMPILED, tuple(leaves - 1 for leaves in LEAVES)))
QUICK = ((CHAINS, (1_000, 3_000, 10_000)), (COMPILED, (9, 99, 999)))


def measure(
    what: dict[str, Measurement], sizes: Sequence[int], rounds: int, advance: Callable[[], object]
) -> list[dict[str, Any]]:
    """Return one entry per (what, nodes), each the fastest of `rounds`: the sizes take turns."""
    words = vocabulary()
    entries = []
    for name, seconds in what.items():
        best = dict.fromkeys(sizes, np.inf)
        with no_collection():
            seconds(sizes[0], words)
            for _ in range(rounds):
                for n in sizes:
                    best[n] = min(best[n], seconds(n, words))
                    advance()
        entries += [{"what": name, "nodes": n, "us_per_node": round(best[n] / n * 1e6, 3)} for n in sizes]
    return entries
