"""The vocabulary of the tasks: keywords, negators, marks, and words without meaning."""

from __future__ import annotations

import numpy as np

import models

CLASSES = 10
PER_CLASS = 3  # keywords of each class
KEYWORDS = range(CLASSES * PER_CLASS)
NEGATORS = range(30, 33)
MARKS = range(33, 36)
OTHERS = range(36, 1000)  # words without meaning

VOCABULARY = models.Vocabulary([str(word) for word in range(OTHERS.stop)])


def class_of(keyword: np.ndarray) -> np.ndarray:
    """Return the classes of keywords, 0..9."""
    return keyword // PER_CLASS


def draw(rng: np.random.Generator, words: range, n: int) -> np.ndarray:
    """Draw n of these words, each as likely as any other; intp (n,)."""
    return rng.integers(words.start, words.stop, n)


def among(word: np.ndarray, words: range) -> np.ndarray:
    """Return where `word` is one of `words`; -1, an inner node's, never is."""
    return (word >= words.start) & (word < words.stop)
