"""Random and regular tree shapes, as the flat arrays of a `Forest`.

Every shape is a function of the numbers of leaves and a generator, and returns ``left, right,
root`` as `Forest.from_arrays` takes them. One uniform number is drawn per node.

Dimension key: N nodes, T trees; a tree of n leaves has 2n - 1 nodes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from minigrad.rng import require_generator
from models.errors import one_of
from models.forest import Forest
from models.layout import IntArray, stack_heights
from models.vocabulary import Vocabulary

Shape = tuple[IntArray, IntArray, IntArray]
FloatArray = npt.NDArray[np.float64]


def _split(lengths: IntArray, where: FloatArray) -> Shape:
    """Split every span of n leaves behind leaf ``1 + floor(where * (n - 1))``, from the root down.

    In post-order a subtree of n leaves that ends at row k has its right child at row k - 1 and, if
    that has r leaves, its left child at row k - 2r. All spans of one depth are split at once.

    Parameters
    ----------
    lengths : (T,), leaves per tree
    where : (N,), in [0, 1)
    """
    root = np.cumsum(2 * lengths - 1) - 1
    left, right = np.full((2, where.size), -1, np.intp)
    end, leaves = root, lengths  # of the spans to be split
    while (inner := leaves > 1).any():
        end, leaves = end[inner], leaves[inner]
        n_left = 1 + (where[end] * (leaves - 1)).astype(np.intp)
        left[end], right[end] = end - 2 * (leaves - n_left), end - 1
        end = np.concatenate([left[end], right[end]])
        leaves = np.concatenate([n_left, leaves - n_left])
    return left, right, root


def _cycle(lengths: IntArray, draws: FloatArray) -> Shape:
    """Trees uniform over all binary trees with the given number of leaves.

    Write +1 for a leaf and -1 for an inner node: post-order gives a sequence of n times +1 and n -
    1 times -1 with positive partial sums. By the cycle lemma (Dvoretzky and Motzkin 1947) exactly
    one of the 2n - 1 rotations of *any* such sequence has positive partial sums, the one that
    starts after the last minimum. So: draw a sequence uniformly, rotate it, and read it with a
    stack of finished subtrees, as `stack_heights` does.

    Parameters
    ----------
    lengths : (T,), leaves per tree
    draws : (N,), uniform in [0, 1)
    """
    root = np.cumsum(2 * lengths - 1) - 1
    is_leaf = np.empty(draws.size, np.bool_)
    for end, leaves in zip(root.tolist(), lengths.tolist(), strict=True):
        size = 2 * leaves - 1
        steps: list[int] = []
        total, minimum, first = 0, size, 0
        for i, draw in enumerate(draws[end + 1 - size : end + 1].tolist()):
            steps.append(1 if draw * (size - i) < leaves else -1)
            leaves -= steps[-1] == 1  # those still to come
            total += steps[-1]
            if total <= minimum:
                minimum, first = total, i + 1
        is_leaf[end + 1 - size : end + 1] = np.array(steps[first:] + steps[:first]) == 1
    _, left = stack_heights(is_leaf, root)
    left[is_leaf] = -1
    return left, np.where(is_leaf, -1, np.arange(draws.size) - 1), root


def uniform_split(lengths: npt.ArrayLike, rng: np.random.Generator) -> Shape:
    """Split each span at a point drawn uniformly, then its two parts likewise.

    Parameters
    ----------
    lengths : (T,) array of int >= 1
        The number of leaves of each tree.
    rng : numpy.random.Generator

    Returns
    -------
    left, right : (N,) intp arrays
        Rows of the children, -1 at leaves; trees in post-order, one after another.
    root : (T,) intp array

    Raises
    ------
    TypeError, ValueError
        If `lengths` or `rng` is not what is named above.
    """
    return split_at(lengths, require_generator(rng, "a tree shape").random(n_nodes(lengths)))


def split_at(lengths: npt.ArrayLike, where: npt.ArrayLike) -> Shape:
    """Split each span of n leaves behind leaf ``1 + floor(where * (n - 1))``, then its parts likewise.

    Parameters
    ----------
    lengths : (T,) array of int >= 1
        The number of leaves of each tree.
    where : (N,) array of float in [0, 1)
        By row: in post-order a part of n leaves that ends at row k has its right part end at row
        k - 1 and, if that has r leaves, its left part at row k - 2r. Rows of leaves are not read.

    Returns
    -------
    left, right, root
        As `uniform_split` returns them.
    """
    lengths, where = _lengths(lengths), np.ascontiguousarray(where, np.float64)
    if where.shape != (n_nodes(lengths),):
        raise ValueError(f"where has shape {where.shape}; these trees have {n_nodes(lengths)} nodes")
    if not ((where >= 0) & (where < 1)).all():
        raise ValueError("where has entries outside [0, 1)")
    return _split(lengths, where)


def n_nodes(lengths: npt.ArrayLike) -> int:
    """Return how many nodes trees of these numbers of leaves have together."""
    lengths = _lengths(lengths)
    return int(2 * lengths.sum() - lengths.size)


def uniform_shape(lengths: npt.ArrayLike, rng: np.random.Generator) -> Shape:
    """Draw each tree uniformly from all shapes with its number of leaves; see `uniform_split`."""
    lengths = _lengths(lengths)
    return _cycle(lengths, require_generator(rng, "a tree shape").random(n_nodes(lengths)))


def left_chain(lengths: npt.ArrayLike, rng: np.random.Generator | None = None) -> Shape:
    """Every right child is a leaf: (((a b) c) d); nothing is drawn."""
    return _regular(lengths, float(np.nextafter(1, 0)))


def right_chain(lengths: npt.ArrayLike, rng: np.random.Generator | None = None) -> Shape:
    """Every left child is a leaf: (a (b (c d))); nothing is drawn."""
    return _regular(lengths, 0.0)


def balanced(lengths: npt.ArrayLike, rng: np.random.Generator | None = None) -> Shape:
    """Halve each span, an odd one with the longer half on the left; nothing is drawn."""
    return _regular(lengths, 0.5)


SHAPES: dict[str, Callable[[npt.ArrayLike, np.random.Generator], Shape]] = {
    "uniform_split": uniform_split,
    "uniform_shape": uniform_shape,
    "left_chain": left_chain,
    "right_chain": right_chain,
    "balanced": balanced,
}


def random_forest(
    rng: np.random.Generator,
    lengths: npt.ArrayLike,
    shape: str = "uniform_split",
    *,
    vocabulary: Vocabulary,
    words: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
) -> Forest:
    """Generate trees of given lengths and shape.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the shapes first, then the words unless they are given.
    lengths : (T,) array of int >= 1
        The number of leaves of each tree.
    shape : str
        A name in `SHAPES`.
    vocabulary : Vocabulary
    words : (sum of lengths,) array of int, optional
        The numbers of the words, left to right, tree after tree; drawn uniformly if None.
    labels : (T,) array of int, optional
        The labels of the roots. Other nodes have none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is named above.
    """
    require_generator(rng, "random_forest")
    left, right, root = SHAPES[one_of("shape", shape, SHAPES)](lengths, rng)
    leaves = np.flatnonzero(left < 0)
    if words is None:
        if not len(vocabulary):
            raise ValueError("no words to draw: the vocabulary is empty")
        words = rng.integers(len(vocabulary), size=leaves.size)
    word = _scatter("words", words, leaves, left.size)
    label = None if labels is None else _scatter("labels", labels, root, left.size)
    return Forest.from_arrays(left, right, word, label, root, vocabulary)


def _scatter(name: str, values: npt.ArrayLike, rows: IntArray, n_nodes: int) -> IntArray:
    """`values` at `rows` of an array that is -1 elsewhere."""
    given = np.asarray(values)
    if given.dtype.kind not in "iu":
        raise TypeError(f"{name} is an array of integers, not of {given.dtype}")
    if given.shape != rows.shape:
        raise ValueError(f"{name} has shape {given.shape}; these trees need {rows.shape}")
    out = np.full(n_nodes, -1, np.intp)
    out[rows] = given
    return out


def _regular(lengths: npt.ArrayLike, where: float) -> Shape:
    return split_at(lengths, np.full(n_nodes(lengths), where))


def _lengths(lengths: npt.ArrayLike) -> IntArray:
    given = np.asarray(lengths)
    if given.ndim != 1 or not given.size:
        raise ValueError(f"lengths is a non-empty array of one dimension, got shape {given.shape}")
    if given.dtype.kind not in "iu":
        raise TypeError(f"lengths is an array of integers, not of {given.dtype}")
    if given.min() < 1:
        raise ValueError(f"a tree has at least one leaf; lengths has {given.min()} in it")
    return np.ascontiguousarray(given, dtype=np.intp)
