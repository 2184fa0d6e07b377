"""The same trees with other words and labels."""

from __future__ import annotations

import numpy as np

import models


def with_words(forest: models.Forest, word: np.ndarray, labels: np.ndarray) -> models.Forest:
    """Return the same trees with other words, (nodes,), and labels at their roots, (sentences,)."""
    label = np.full(forest.n_nodes, -1)
    label[forest.root] = labels
    return models.Forest.from_arrays(forest.left, forest.right, word, label, forest.root, forest.vocabulary)
