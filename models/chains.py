"""Sequences as trees: left-branching chains, over which a fold is a recurrent network.

A chain of n words has n + 1 leaves. The first is where the chain starts: its state is zero, and its word is
ignored. Each inner node reads the word that is its right child, so the t-th inner node is position t::

            node n            rows: start, word 1, node 1, word 2, node 2, …, word n, node n
           ╱      ╲
        node 1 …  word n
       ╱      ╲
    start    word 1
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.errors import ForestError
from models.forest import Forest
from models.layout import IntArray
from models.vocabulary import Vocabulary


def chain_forest(
    words: npt.ArrayLike,
    lengths: npt.ArrayLike,
    vocabulary: Vocabulary,
    *,
    labels: npt.ArrayLike | None = None,
    start: int | None = None,
) -> Forest:
    """Return one left-branching chain for each sequence.

    Parameters
    ----------
    words : (N,) array of int
        The numbers of the words of all sequences, one after another.
    lengths : (S,) array of int
        How many words each sequence has; 0 gives a chain that is only its start.
    vocabulary : Vocabulary
    labels : (N,) array of int, optional
        The class of each position, −1 for none; it becomes the label of the position's node.
    start : int, optional
        The number of the word at the start, which is never read; by default the vocabulary's last.

    Returns
    -------
    Forest
        Of S trees. Its rows ``forest.inner`` are the positions, in the order of `words`.

    Raises
    ------
    ForestError
        If the lengths do not add up to N, one is negative, or there is no sequence.
    """
    words, lengths = np.asarray(words, np.intp), np.asarray(lengths, np.intp)
    labels = np.full(len(words), -1) if labels is None else np.asarray(labels, np.intp)
    if not len(lengths):
        raise ForestError("no sequences: a forest needs at least one chain")
    if lengths.min() < 0 or lengths.sum() != len(words) or len(labels) != len(words):
        raise ForestError(
            f"sequences of {int(lengths.sum())} words in all (the shortest has {int(lengths.min())}), "
            f"{len(words)} words and {len(labels)} labels do not fit together"
        )
    root = np.cumsum(2 * lengths + 1) - 1
    first = root - 2 * lengths
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(words)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    node = first[sequence] + 2 * place + 2  # of the position; its word is the row before it
    left, right, word, label = (np.full(root[-1] + 1, -1) for _ in range(4))
    left[node], right[node] = node - 2, node - 1
    word[first] = len(vocabulary) - 1 if start is None else start
    word[node - 1] = words
    label[node] = labels
    return Forest.from_arrays(left, right, word, label, root, vocabulary)


def as_chains(forest: Forest, start: int | None = None) -> Forest:
    """Return the sentences of a forest as left-branching chains; the last position has the root's label.

    Parameters
    ----------
    forest : Forest
    start : int, optional
        The number of the word at the start, as in `chain_forest`.
    """
    if not isinstance(forest, Forest):
        raise TypeError(f"chains are made of the sentences of a Forest, not of a {type(forest).__name__}")
    tree = forest.tree[forest.leaves]
    lengths = np.bincount(tree, minlength=len(forest))
    labels = np.full(len(forest.leaves), -1)
    labels[np.cumsum(lengths) - 1] = forest.label[forest.root]
    return chain_forest(forest.word[forest.leaves], lengths, forest.vocabulary, labels=labels, start=start)


def mirrored(forest: Forest) -> IntArray:
    """Return for every row of a forest of chains the row of the same place in the chain read backwards.

    Position t of n and its word go to position n + 1 − t; the start stays. The mapping is its own inverse.
    """
    size = np.diff(forest.root, prepend=-1)[forest.tree]
    place = np.arange(forest.n_nodes) - (forest.root[forest.tree] - size + 1)
    inner = forest.left >= 0
    return np.arange(forest.n_nodes) - place + np.where(place > 0, size - 1 - place + 2 * inner, 0)
