"""What the tasks share: random trees, random words in them, and the properties of the sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import models
from experiments.studies.tasks.words import CLASSES, OTHERS, VOCABULARY, draw
from minigrad.rng import require_generator

LEAST = 4  # words, enough for all keywords or negators


@dataclass(frozen=True)
class Sentences:
    """Sentences of a task, and the properties by which accuracies are grouped.

    Attributes
    ----------
    forest : Forest
        Over `VOCABULARY`; the roots carry the labels, which are uniform over the classes.
    count : (sentences,) intp array
        How many of the task's words there are: keywords, negators or distractors.
    depth : (sentences,) intp array
        Of the deepest keyword that is not to be ignored.
    blind : (sentences,) array
        The probability that the best guess is right if one knows the task and a sentence's words, but
        neither their order nor the tree.
    """

    forest: models.Forest
    count: np.ndarray
    depth: np.ndarray
    blind: np.ndarray


def check_lengths(lengths: tuple[int, int]) -> None:
    """Raise ValueError unless these are a shortest and a longest length, with at least `LEAST` words."""
    if not LEAST <= lengths[0] <= lengths[1]:
        raise ValueError(f"lengths is (least, greatest), from {LEAST} on, not {lengths}")


def plain(rng: np.random.Generator, n: int, lengths: tuple[int, int]) -> models.Forest:
    """Generate random trees over words without meaning, as in the paper's task.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of sentences, at least one.
    lengths : (int, int)
        Shortest and longest; every length between them is equally likely.
    """
    check_lengths(lengths)
    length = require_generator(rng, "sentences").integers(lengths[0], lengths[1] + 1, n)
    words = draw(rng, OTHERS, int(length.sum()))
    return models.random_forest(rng, length, vocabulary=VOCABULARY, words=words)


def ranks(rng: np.random.Generator, forest: models.Forest) -> np.ndarray:
    """Number the words of each sentence in random order.

    Returns
    -------
    (words,) intp array
        For each of ``forest.leaves`` a number from 0 on; those below k are k random words of the sentence.
    """
    tree = forest.tree[forest.leaves]
    shuffled = np.lexsort((rng.random(tree.size), tree))
    rank = np.empty(tree.size, np.intp)
    rank[shuffled] = np.arange(tree.size) - np.searchsorted(tree, tree)
    return rank


def counted(forest: models.Forest, rows: np.ndarray) -> np.ndarray:
    """Return how many of these rows are in each sentence."""
    return np.bincount(forest.tree[rows], minlength=len(forest))


def deepest(forest: models.Forest, rows: np.ndarray) -> np.ndarray:
    """Return the depth of the deepest of these rows in each sentence, which has at least one."""
    depth = np.zeros(len(forest), np.intp)
    np.maximum.at(depth, forest.tree[rows], forest.depth[rows])
    return depth


def commonest_share(tree: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the share of the commonest class among those given, for every sentence; each has at least one.

    It is the accuracy of always naming that class, if each of those given is equally likely to be the label.
    """
    table = np.zeros((int(tree.max()) + 1, CLASSES))
    np.add.at(table, (tree, classes), 1)
    return table.max(axis=1) / table.sum(axis=1)
