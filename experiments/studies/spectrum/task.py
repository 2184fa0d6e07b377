"""A task that needs the first word: a sentence has the class of its first word, whatever the others are."""

from __future__ import annotations

import numpy as np

import models


def vocabulary(words: int) -> models.Vocabulary:
    """Return a vocabulary of so many words, and of the leaf that chains begin with, which is never read."""
    return models.Vocabulary([*(f"w{k}" for k in range(words)), "start"])


def sentences(
    rng: np.random.Generator, count: int, length: int, classes: int, words: models.Vocabulary
) -> models.Forest:
    """Return random sentences of one length as chains; the last position has the class of the first word.

    All words are equally likely. If there are ten classes, the first tenth of the vocabulary is of class 0,
    the second of class 1, and so on.
    """
    kinds = len(words) - 1
    drawn = rng.integers(kinds, size=(count, length))
    labels = np.full((count, length), -1)
    labels[:, -1] = drawn[:, 0] * classes // kinds
    return models.chain_forest(drawn.ravel(), np.full(count, length), words, labels=labels.ravel())
