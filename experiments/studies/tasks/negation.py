"""Negation: a word that reverses the keyword's class if the keyword is in its scope."""

from __future__ import annotations

import numpy as np

import models
from experiments.studies.tasks.sentences import Sentences, check_lengths, plain, ranks
from experiments.studies.tasks.words import CLASSES, KEYWORDS, NEGATORS, among, class_of, draw
from experiments.training.relabelled import with_words
from minigrad.rng import require_generator

MOST = 3  # negators in a sentence
OPPOSITE = 5  # from a class to its opposite: 0 and 5, 1 and 6, …
POOL = 5  # sentences drawn for every one that is kept


def negation(rng: np.random.Generator, n: int, lengths: tuple[int, int]) -> Sentences:
    """One keyword of class k and up to three negators; the label is k + 5f modulo 10.

    f counts the negators that have the keyword in their scope, which is the other child of the negator's
    parent, with everything below it. So a negator acts if its sister is the keyword or contains it, on
    either side, and two that act cancel.

    By chance few negators would act, above all in long sentences. So sentences are chosen in such a way
    that f is odd in half of them, for every length and number of negators; without the tree it can't be
    known.
    """
    check_lengths(lengths)
    require_generator(rng, "negation")
    wanted_count = rng.integers(MOST + 1, size=n)
    wanted_odd = rng.integers(2, size=n) * (wanted_count > 0)
    wanted = _key(rng.integers(lengths[0], lengths[1] + 1, n), wanted_count, wanted_odd)
    size = POOL * n
    while True:
        forest, keyword, count = _candidates(rng, size, lengths)
        turns = acting(forest, keyword)
        length = np.bincount(forest.tree[forest.leaves])
        chosen = matching(wanted, _key(length, count, turns % 2))
        if chosen is not None:
            break
        size *= 2
    labels = (class_of(forest.word[keyword]) + OPPOSITE * turns) % CLASSES
    return Sentences(
        with_words(forest, forest.word, labels).select(chosen),
        count[chosen],
        forest.depth[keyword][chosen],
        np.where(count[chosen] > 0, 0.5, 1.0),
    )


def acting(forest: models.Forest, keyword: np.ndarray) -> np.ndarray:
    """Return how many negators have the keyword in their scope, for every sentence.

    Parameters
    ----------
    forest : Forest
    keyword : (sentences,) array of int
        The rows of the keywords.
    """
    turns = np.zeros(len(keyword), np.intp)
    node = keyword.copy()
    below = forest.parent[node] >= 0
    while below.any():
        parent = forest.parent[node[below]]
        sister = forest.left[parent] + forest.right[parent] - node[below]
        turns[below] += among(forest.word[sister], NEGATORS)
        node[below] = parent
        below = forest.parent[node] >= 0
    return turns


def matching(wanted: np.ndarray, found: np.ndarray) -> np.ndarray | None:
    """Return a different position in `found` for each wanted number; None if some number occurs too rarely.

    The first occurrences are taken.
    """
    order = np.argsort(found, kind="stable")
    ordered = found[order]
    by_number = np.argsort(wanted, kind="stable")
    numbers = wanted[by_number]
    nth = np.arange(len(wanted)) - np.searchsorted(numbers, numbers)  # among its equals
    at = np.searchsorted(ordered, numbers) + nth
    if (at >= np.searchsorted(ordered, numbers, side="right")).any():
        return None
    chosen = np.empty(len(wanted), np.intp)
    chosen[by_number] = order[at]
    return chosen


def _candidates(
    rng: np.random.Generator, n: int, lengths: tuple[int, int]
) -> tuple[models.Forest, np.ndarray, np.ndarray]:
    """Return sentences, the rows of their keywords, and how many negators they have."""
    forest = plain(rng, n, lengths)
    count = rng.integers(MOST + 1, size=n)
    rank = ranks(rng, forest)
    keyword = forest.leaves[rank == 0]
    negators = forest.leaves[(rank > 0) & (rank <= count[forest.tree[forest.leaves]])]
    word = forest.word.copy()
    word[keyword] = draw(rng, KEYWORDS, n)
    word[negators] = draw(rng, NEGATORS, negators.size)
    return with_words(forest, word, np.zeros(n, np.intp)), keyword, count


def _key(length: np.ndarray, count: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """Return one number for length, negators and parity."""
    return (length * (MOST + 1) + count) * 2 + odd
