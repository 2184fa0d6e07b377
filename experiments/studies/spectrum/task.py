"""A task that needs the first word: its class is the sentence's, and nothing else in it tells."""

from __future__ import annotations

import numpy as np

import models


def vocabulary(words: int) -> models.Vocabulary:
    """Return so many words, and one that is read nowhere, with which chains start."""
    return models.Vocabulary([*(f"w{k}" for k in range(words)), "start"])


def sentences(
    rng: np.random.Generator, count: int, length: int, classes: int, words: models.Vocabulary
) -> models.Forest:
    """Return random sentences of one length as chains; the last position has the class of the first word.

    Every word is drawn from all words alike. The first tenth of them is of class 0 if there are ten classes,
    the second of class 1, and so on.
    """
    kinds = len(words) - 1
    drawn = rng.integers(kinds, size=(count, length))
    labels = np.full((count, length), -1)
    labels[:, -1] = drawn[:, 0] * classes // kinds
    return models.chain_forest(drawn.ravel(), np.full(count, length), words, labels=labels.ravel())
