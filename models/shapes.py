"""Random and regular tree shapes, straight into the flat arrays of a `Forest`.

Every shape is a function of the numbers of leaves and a generator, and returns ``left, right,
root`` as `Forest.from_arrays` takes them. The randomness is drawn before the kernels run, one
uniform number per node, so that a kernel and its twin build the same trees.

Dimension key: N nodes, T trees; a tree of n leaves has 2n - 1 nodes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from minigrad.kernels.jit import kernel
from minigrad.rng import require_generator
from models.forest import Forest
from models.layout import INTEGERS, IntArray
from models.vocabulary import Vocabulary

Shape = tuple[IntArray, IntArray, IntArray]
FloatArray = npt.NDArray[np.float64]


def _split_twin(lengths: IntArray, where: FloatArray) -> Shape:
    root = np.cumsum(2 * lengths - 1) - 1
    left, right = np.full(where.size, -1, np.intp), np.full(where.size, -1, np.intp)
    todo = list(zip(root.tolist(), lengths.tolist(), strict=True))
    while todo:
        k, n = todo.pop()
        if n > 1:
            n_left = 1 + int(where[k] * (n - 1))
            left[k], right[k] = k - 2 * (n - n_left), k - 1
            todo += [(int(left[k]), n_left), (k - 1, n - n_left)]
    return left, right, root


@kernel(_split_twin, dtypes=INTEGERS)
def _split(lengths: IntArray, where: FloatArray) -> Shape:
    """Split every span of n leaves behind leaf ``1 + floor(where * (n - 1))``, from the root down.

    In post-order a subtree of n leaves that ends at row k has its right child at row k - 1 and, if
    that has r leaves, its left child at row k - 2r: walking down the rows needs no stack.

    Parameters
    ----------
    lengths : (T,), leaves per tree
    where : (N,), in [0, 1)
    """
    left, right = np.empty(where.size, np.intp), np.empty(where.size, np.intp)
    leaves = np.empty(where.size, np.intp)  # of the subtree that ends at a row
    root = np.empty(lengths.size, np.intp)
    end = -1
    for tree in range(lengths.size):
        start, end = end + 1, end + 2 * lengths[tree] - 1
        root[tree] = end
        leaves[end] = lengths[tree]
        for k in range(end, start - 1, -1):
            n = leaves[k]
            if n == 1:
                left[k], right[k] = -1, -1
            else:
                n_left = 1 + int(where[k] * (n - 1))
                left[k], right[k] = k - 2 * (n - n_left), k - 1
                leaves[left[k]], leaves[right[k]] = n_left, n - n_left
    return left, right, root


def _cycle_twin(lengths: IntArray, draws: FloatArray) -> Shape:
    root = np.cumsum(2 * lengths - 1) - 1
    left, right = np.full(draws.size, -1, np.intp), np.full(draws.size, -1, np.intp)
    for end, n in zip(root, lengths, strict=True):
        start, leaves_left = end + 2 - 2 * n, n
        steps = np.empty(2 * n - 1, np.intp)
        for i in range(2 * n - 1):
            steps[i] = 1 if draws[start + i] * (2 * n - 1 - i) < leaves_left else -1
            leaves_left -= steps[i] == 1
        sums = np.cumsum(steps)
        last_minimum = 2 * n - 2 - int(np.argmin(sums[::-1]))
        subtrees: list[int] = []
        for k, step in enumerate(np.roll(steps, -(last_minimum + 1)), start=start):
            if step < 0:
                right[k], left[k] = subtrees.pop(), subtrees.pop()
            subtrees.append(k)
    return left, right, root


@kernel(_cycle_twin, dtypes=INTEGERS)
def _cycle(lengths: IntArray, draws: FloatArray) -> Shape:
    """Trees uniform over all binary trees with the given number of leaves.

    Write +1 for a leaf and -1 for an inner node: post-order gives a sequence of n times +1 and n -
    1 times -1 with positive partial sums. By the cycle lemma (Dvoretzky and Motzkin 1947) exactly
    one of the 2n - 1 rotations of *any* such sequence has positive partial sums, the one that
    starts behind the last minimum. So: draw a sequence uniformly, rotate it, and read it with a
    stack of finished subtrees.

    Parameters
    ----------
    lengths : (T,), leaves per tree
    draws : (N,), uniform in [0, 1)
    """
    left, right = np.empty(draws.size, np.intp), np.empty(draws.size, np.intp)
    root = np.empty(lengths.size, np.intp)
    longest = lengths.max()
    is_leaf = np.empty(2 * longest - 1, np.bool_)
    stack = np.empty(longest, np.intp)
    start = 0
    for tree in range(lengths.size):
        n = lengths[tree]
        size, leaves_left = 2 * n - 1, n
        total, minimum, first = 0, size, 0
        for i in range(size):
            is_leaf[i] = draws[start + i] * (size - i) < leaves_left
            if is_leaf[i]:
                leaves_left -= 1
                total += 1
            else:
                total -= 1
            if total <= minimum:
                minimum, first = total, i + 1
        top = 0
        for i in range(size):
            k = start + i
            at = first + i
            if is_leaf[at if at < size else at - size]:
                left[k], right[k] = -1, -1
            else:
                top -= 2
                left[k], right[k] = stack[top], stack[top + 1]
            stack[top] = k
            top += 1
        start += size
        root[tree] = start - 1
    return left, right, root


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
    left, right, root = _split(lengths, where)
    return left, right, root


def n_nodes(lengths: npt.ArrayLike) -> int:
    """Return how many nodes trees of these numbers of leaves have together."""
    lengths = _lengths(lengths)
    return int(2 * lengths.sum() - lengths.size)


def uniform_shape(lengths: npt.ArrayLike, rng: np.random.Generator) -> Shape:
    """Draw each tree uniformly from all shapes with its number of leaves; see `uniform_split`."""
    lengths = _lengths(lengths)
    left, right, root = _cycle(lengths, require_generator(rng, "a tree shape").random(n_nodes(lengths)))
    return left, right, root


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
        Draws the shapes first, then the words if there are none.
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
    if shape not in SHAPES:
        raise ValueError(f"no tree shape {shape!r}: choose one of {', '.join(SHAPES)}")
    left, right, root = SHAPES[shape](lengths, rng)
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
