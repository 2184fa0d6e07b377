"""The paper's artificial task: find the keyword, name its class (Le & Zuidema 2016, section 3).

A sentence is a sequence of tokens in 0..10000. Exactly one of them, the keyword, is below 1000; the label
is keyword // 100, so there are ten classes. The tree over the sentence is random.
"""

from __future__ import annotations

import numpy as np

import models
from minigrad.rng import require_generator

TOKENS = 10_001
KEYWORDS = 1_000
CLASSES = 10

VOCABULARY = models.Vocabulary([str(token) for token in range(TOKENS)])


def length_range(dataset: int) -> tuple[int, int]:
    """Return the shortest and longest sentence of Experiment 1's dataset 1..10: 10i−9 and 10i tokens."""
    if not 1 <= dataset <= 10:
        raise ValueError(f"Experiment 1 has the datasets 1 to 10, not {dataset}")
    return 10 * dataset - 9, 10 * dataset


def sentences(
    rng: np.random.Generator, n: int, lengths: tuple[int, int], shape: str = "uniform_split"
) -> models.Forest:
    """Generate sentences with random trees.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of sentences, at least one.
    lengths : (int, int)
        Shortest and longest; every length between them is equally likely.
    shape : str
        One of `models.SHAPES`.

    Returns
    -------
    Forest
        Over `VOCABULARY`; the roots carry the labels. The keyword's position in the sentence is uniform.
    """
    check_range("lengths", lengths, 1)
    require_generator(rng, "sentences")
    length = rng.integers(lengths[0], lengths[1] + 1, n)
    start = np.cumsum(length) - length
    words, keyword = tokens(rng, int(length.sum()), n)
    words[start + rng.integers(length)] = keyword
    return models.random_forest(
        rng, length, shape, vocabulary=VOCABULARY, words=words, labels=label_of(keyword)
    )


def tokens(rng: np.random.Generator, words: int, sentences: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `words` tokens that are not keywords, and one keyword for each of the sentences."""
    return rng.integers(KEYWORDS, TOKENS, words), rng.integers(KEYWORDS, size=sentences)


def label_of(keyword: np.ndarray) -> np.ndarray:
    """Return the classes of keywords, 0..9."""
    return keyword // (KEYWORDS // CLASSES)


def check_range(name: str, given: tuple[int, int], least: int) -> None:
    """Raise ValueError unless `given` is a range, (least, greatest), that starts at `least` or above."""
    if not least <= given[0] <= given[1]:
        raise ValueError(f"{name} is (least, greatest), from {least} on, not {given}")


def keyword_rows(forest: models.Forest) -> np.ndarray:
    """Return the row of each sentence's keyword, intp (number of sentences,)."""
    return np.flatnonzero((forest.word >= 0) & (forest.word < KEYWORDS))
