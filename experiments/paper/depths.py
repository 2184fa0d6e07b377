"""Trees with the keyword at a given depth, drawn exactly and without rejection.

Experiment 2 keeps of a pool of random sentences those whose keyword is i or i+1 steps below the root. For
deep keywords that is one in fifty. For trees split at uniform points the same distribution can be drawn
directly. With P(n, d) the probability that a leaf, drawn uniformly from a tree of n leaves, has depth d::

    P(1, 0) = 1;   P(n, d) = 2 / (n (n−1)) · Σ_{m<n} m P(m, d−1)

because the part that holds the leaf has m leaves with probability 2m / (n (n−1)): the split is uniform, the
leaf falls into a part in proportion to its size, and there are two sides. So: draw (n, d) in proportion to
P(n, d), n being uniform in the pool; walk down from the root, each time drawing m in proportion to
m P(m, d−1), and the side by a coin; split everything off that path at uniform points.
"""

from __future__ import annotations

import numpy as np

import models
from experiments.paper import data
from minigrad.rng import require_generator
from models.shapes import Shape, n_nodes, split_at


def leaf_depths(longest: int) -> np.ndarray:
    """Return P(n, d) for trees split at uniform points, (longest + 1, longest); row 0 is empty."""
    P = np.zeros((longest + 1, longest))
    P[1, 0] = 1
    sums = np.zeros(longest)  # Σ_{m<n} m P(m, ·)
    for n in range(2, longest + 1):
        sums += (n - 1) * P[n - 1]
        P[n, 1:] = 2 / (n * (n - 1)) * sums[:-1]
    return P


def sentences_at_depth(
    rng: np.random.Generator, n: int, lengths: tuple[int, int], depths: tuple[int, int]
) -> models.Forest:
    """Generate sentences whose keyword's depth is in a range, distributed as `data.sentences` given that.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of sentences.
    lengths, depths : (int, int)
        Least and greatest, inclusive. Lengths are uniform before the condition, not under it: among trees
        whose keyword is deep, long ones are more frequent.

    Raises
    ------
    ValueError
        If there are no such trees.
    """
    require_generator(rng, "sentences_at_depth")
    data.check_range("lengths", lengths, 1)
    data.check_range("keyword depths", depths, 0)
    (left, right, root), keyword_row = split_trees(rng, n, lengths, depths)
    words, keyword = data.tokens(rng, int(np.count_nonzero(left < 0)), n)
    word, label = np.full(len(left), -1), np.full(len(left), -1)
    word[left < 0] = words
    word[keyword_row] = keyword
    label[root] = data.label_of(keyword)
    return models.Forest.from_arrays(left, right, word, label, root, data.VOCABULARY)


def split_trees(
    rng: np.random.Generator, n: int, lengths: tuple[int, int], depths: tuple[int, int]
) -> tuple[Shape, np.ndarray]:
    """Draw trees split at uniform points, and a leaf in each, given that the leaf's depth is in a range.

    Returns
    -------
    ((left, right, root), leaf)
        As `models.SHAPES` makes trees; the row of each tree's leaf, (n,).
    """
    longest = lengths[1]
    P = leaf_depths(longest)
    wanted = np.zeros_like(P)
    block = (slice(lengths[0], longest + 1), slice(depths[0], depths[1] + 1))
    wanted[block] = P[block]
    if not wanted.any():
        raise ValueError(
            f"no tree of {lengths[0]} to {lengths[1]} leaves has its keyword {depths[0]} to {depths[1]} "
            "steps below the root"
        )
    length, depth = np.divmod(_draw(np.cumsum(wanted), rng.random(n), wanted.size), longest)
    row, leaves, steps = np.cumsum(2 * length - 1) - 1, length.copy(), depth.copy()
    where = rng.random(n_nodes(length))
    sizes = np.arange(longest + 1)
    for below in range(int(depth.max()) - 1, -1, -1):  # remaining steps after this one
        trees = np.flatnonzero(steps == below + 1)
        k, whole = row[trees], leaves[trees]
        part = _draw(np.cumsum(sizes * P[:, below]), rng.random(len(trees)), whole)
        on_left = rng.random(len(trees)) < 0.5
        n_left = np.where(on_left, part, whole - part)
        where[k] = (n_left - 0.5) / (whole - 1)
        row[trees] = np.where(on_left, k - 2 * (whole - n_left), k - 1)
        leaves[trees], steps[trees] = part, below
    return split_at(length, where), row


def _draw(cumulative: np.ndarray, u: np.ndarray, below: np.ndarray | int) -> np.ndarray:
    """Draw indices under `below`, in proportion to weights whose running sums are given, by u in [0, 1).

    An index of weight 0 is never drawn: 1 − u is above 0, and its product is at most the last sum.
    """
    return np.searchsorted(cumulative, (1 - u) * cumulative[np.asarray(below) - 1], side="left")
