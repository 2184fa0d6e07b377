"""Several keywords: the sum of their classes, and the class of the one that comes first."""

from __future__ import annotations

import numpy as np

from experiments.studies.tasks.sentences import (
    Sentences,
    commonest_share,
    counted,
    deepest,
    plain,
    ranks,
)
from experiments.studies.tasks.words import CLASSES, KEYWORDS, class_of, draw
from experiments.training.relabelled import with_words

MOST = 4  # keywords in a sentence


def addition(rng: np.random.Generator, n: int, lengths: tuple[int, int]) -> Sentences:
    """One to four keywords; the label is the sum of their classes modulo 10.

    The paper's own proposal (section 5). It takes the words only: one who reads them all in any order can
    know the label, but one who misses a keyword knows nothing.
    """
    return _sentences(rng, n, lengths, ordered=False)


def order(rng: np.random.Generator, n: int, lengths: tuple[int, int]) -> Sentences:
    """One to four keywords; the label is the class of the leftmost.

    Of any two, the one that comes first makes the other one count for nothing.
    """
    return _sentences(rng, n, lengths, ordered=True)


def _sentences(rng: np.random.Generator, n: int, lengths: tuple[int, int], ordered: bool) -> Sentences:
    forest = plain(rng, n, lengths)
    wanted = rng.integers(1, MOST + 1, n)
    rows = forest.leaves[ranks(rng, forest) < wanted[forest.tree[forest.leaves]]]
    tree = forest.tree[rows]
    word = forest.word.copy()
    word[rows] = draw(rng, KEYWORDS, rows.size)
    classes = class_of(word[rows])
    if ordered:
        labels = classes[np.searchsorted(tree, np.arange(n))]  # rows of leaves go from left to right
        blind = commonest_share(tree, classes)
    else:
        labels = np.bincount(tree, classes, n).astype(np.intp) % CLASSES
        blind = np.ones(n)
    return Sentences(with_words(forest, word, labels), counted(forest, rows), deepest(forest, rows), blind)
