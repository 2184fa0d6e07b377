"""Random dependency trees, as flat arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from minigrad.rng import require_generator
from models.shapes import random_forest
from models.tree_forest import TreeForest
from models.vocabulary import Vocabulary


def random_dependencies(
    rng: np.random.Generator,
    lengths: npt.ArrayLike,
    *,
    vocabulary: Vocabulary,
    words: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
) -> TreeForest:
    """Return projective dependency trees of sentences of some lengths.

    A binary tree with uniform split points is drawn over each sentence. Where two phrases meet, one of their
    heads, each with probability 1/2, becomes the head of both, and the other depends on it. So words have any
    number of dependents on either side, and no two dependencies cross.

    Parameters
    ----------
    rng : numpy.random.Generator
    lengths : (T,) array of int
        In words, at least 1.
    vocabulary : Vocabulary
    words : (N,) array of int, optional
        The numbers of the words of all sentences, one after another; by default drawn uniformly.
    labels : (T,) array of int, optional
        Of the roots.

    Returns
    -------
    TreeForest
    """
    require_generator(rng, "random dependency trees")
    binary = random_forest(rng, lengths, vocabulary=vocabulary)
    n = len(binary.leaves)
    head = np.empty(binary.n_nodes, np.intp)  # of every phrase, as the number of a word of all sentences
    head[binary.leaves] = np.arange(n)
    above = np.full(n, -1)
    from_left = rng.random(binary.n_nodes) < 0.5
    for height in range(1, int(binary.height.max()) + 1):
        rows = np.flatnonzero(binary.height == height)
        left, right = head[binary.left[rows]], head[binary.right[rows]]
        head[rows] = np.where(from_left[rows], left, right)
        above[np.where(from_left[rows], right, left)] = head[rows]
    first = np.concatenate([[0], np.cumsum(np.asarray(lengths))])
    order = _postorder(above, first)
    place = np.empty(n, np.intp)
    place[order] = np.arange(n)
    parent = np.where(above[order] < 0, -1, place[above[order]])
    root = first[1:] - 1
    number = rng.integers(len(vocabulary), size=n) if words is None else np.asarray(words, np.intp)
    label = np.full(n, -1)
    if labels is not None:
        label[root] = labels
    position = order - np.repeat(first[:-1], np.diff(first))
    return TreeForest.from_arrays(parent, number[order], label, root, vocabulary, position)


def _postorder(above: npt.NDArray[np.intp], first: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the words of each sentence, each after its dependents, from left to right.

    Parameters
    ----------
    above : (N,) array
        The head of every word, −1 for none.
    first : (T + 1,) array
        Where sentences begin.
    """
    below: list[list[int]] = [[] for _ in above]
    for word, head in enumerate(above.tolist()):
        if head >= 0:
            below[head].append(word)
    order: list[int] = []
    for start, end in zip(first[:-1].tolist(), first[1:].tolist(), strict=True):
        own: list[int] = []
        stack = [word for word in range(start, end) if above[word] < 0]
        while stack:
            word = stack.pop()
            own.append(word)
            stack.extend(below[word])
        order.extend(reversed(own))
    return np.array(order, np.intp)
