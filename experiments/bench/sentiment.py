"""Trees per second on trees like the Stanford Sentiment Treebank's, with a class at every node.

Random trees as long as its sentences, so that nobody needs it to measure: 2 to 36 words, 19 on average; the
settings, dropout included, are those of ``python -m experiments sentiment``. A pass trains on all of them in
minibatches that are cut out anew, as in `experiments.training.loop.fit`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.sentiment.data import Sets
from experiments.sentiment.model import new_model, new_optimizer
from experiments.sentiment.settings import CLASSES, MODELS, SCALES, Settings, run_settings
from experiments.training.step import no_collection, training_step
from models import Dropout, Forest, Vocabulary, random_forest

COMPARED = [(model, mode) for model in MODELS for mode in ("compiled", "level")]
TREES = 1_000
LENGTHS = (2, 36)
WORDS = 8_217  # those that the treebank's train has at least twice


def trees(count: int, seed: int = 0) -> Forest:
    """Draw trees split at uniform points, every node with a class."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(LENGTHS[0], LENGTHS[1] + 1, count)
    drawn = random_forest(rng, lengths, vocabulary=Vocabulary(map(str, range(WORDS))))
    label = rng.integers(CLASSES, size=drawn.n_nodes)
    return Forest.from_arrays(drawn.left, drawn.right, drawn.word, label, drawn.root, drawn.vocabulary)


def measure(
    rounds: int, count: int = TREES, advance: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Return, for each model and mode, the median of trees per second over the passes.

    Parameters
    ----------
    rounds : int
        Passes.
    count : int
        Trees.
    advance : function
        Called after every model and mode.
    """
    forest = trees(count)
    entries = []
    for name, mode in COMPARED:
        settings = run_settings(name, 1, scale=SCALES["paper"], seed=0, treebank={})
        rates = [count / seconds for seconds in _passes(settings, forest, mode, rounds)]
        identity = {"cell": name, "D": settings.D, "batch": settings.batch, "mode": mode}
        entries.append({**identity, "trees_per_second": round(float(np.median(rates)))})
        advance()
    return entries


def _passes(settings: Settings, forest: Forest, mode: str, rounds: int) -> list[float]:
    """Return the seconds of every pass."""
    rng = np.random.default_rng(0)
    model = new_model(settings, Sets(forest, forest, forest, None))
    model.dropout = Dropout(settings.dropout_words, settings.dropout_states, rng)
    optimizer = new_optimizer(model, settings)
    batch = settings.batch
    seconds = []
    with no_collection():
        training_step(model, optimizer, forest.select(slice(batch)), mode)  # compiles
        for _ in range(rounds):
            order = rng.permutation(len(forest))
            start = time.perf_counter()
            for k in range(0, len(forest), batch):
                training_step(model, optimizer, forest.select(order[k : k + batch]), mode)
            seconds.append(time.perf_counter() - start)
    return seconds
