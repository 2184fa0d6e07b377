"""Which sentences of the test set to draw, if none are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

import models
from experiments.sentiment.gradients import root_norms

LEAVES, DEPTH = range(8, 17), 6  # of a sentence that fits on a page and is deep enough


def typical_sentences(
    classifiers: Mapping[str, models.TreeClassifier],
    forest: models.Forest,
    n: int,
    neutral: Sequence[int] = (),
) -> list[int]:
    """Choose sentences whose gradients are typical of all models; return their indices.

    Candidates have 8 to 16 words, one of them at depth 6 or deeper, and a class other than the `neutral` ones
    that every model predicts (if there are such sentences). Of these, the ones are chosen whose words' ratios
    are nearest to the median at their depths.
    """
    nodes = np.diff(forest.root, prepend=-1)
    words = (nodes + 1) // 2
    deepest = np.maximum.reduceat(forest.depth, forest.root - nodes + 1)
    suits = np.isin(words, LEAVES) & (deepest >= DEPTH) & ~np.isin(forest.label[forest.root], neutral)
    distance = np.zeros(len(forest))
    for model in classifiers.values():
        top = np.searchsorted(model.rows(forest), forest.root)
        suits &= model.predict(forest, "level")[top] == forest.label[forest.root]
        norm = np.log(np.maximum(root_norms(model, forest, "level"), np.finfo(np.float64).tiny))
        tree = np.searchsorted(forest.root, forest.leaves)
        ratio, depth = norm[forest.leaves] - norm[forest.root[tree]], forest.depth[forest.leaves]
        median = np.array(
            [np.median(ratio[depth == d]) if (depth == d).any() else 0 for d in range(depth.max() + 1)]
        )
        distance += np.bincount(tree, np.abs(ratio - median[depth]), len(forest)) / words
    order = np.argsort(np.where(suits, distance, np.inf), kind="stable")
    return [int(k) for k in order[:n]]
