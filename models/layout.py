"""The flat layout of binary trees: one table with a row per quantity and a column per node.

The nodes of a tree are consecutive and in post-order, so children precede their parent, a tree's
root is its last node, and a subtree is a range of nodes. Trees follow one another. All entries are
intp; -1 means that there is none. `models.forest` calls the columns rows, because there each
quantity is an array of its own.

Dimension key: N nodes, T trees.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from minigrad.kernels.jit import kernel

FIELDS = ("left", "right", "parent", "word", "label", "depth", "height")
LEFT, RIGHT, PARENT, WORD, LABEL, DEPTH, HEIGHT = range(7)
N_FIELDS = len(FIELDS)  # for the kernels

IntArray = npt.NDArray[np.intp]
INTEGERS = np.dtype(np.intp).char  # the kernels here loop over these


def _complete_twin(table: IntArray) -> None:
    left, right = table[LEFT], table[RIGHT]
    parent, depth, height = table[PARENT], table[DEPTH], table[HEIGHT]
    inner = np.flatnonzero(left >= 0)
    parent[:] = -1
    parent[left[inner]] = inner
    parent[right[inner]] = inner
    height[:] = 0
    for k in inner:
        height[k] = 1 + max(height[left[k]], height[right[k]])
    level, nodes = 0, np.flatnonzero(parent < 0)
    while nodes.size:
        depth[nodes] = level
        nodes = nodes[left[nodes] >= 0]
        level, nodes = level + 1, np.concatenate([left[nodes], right[nodes]])


@kernel(_complete_twin, dtypes=INTEGERS)
def complete(table: IntArray) -> None:
    """Fill `PARENT`, `DEPTH` and `HEIGHT` of a (7, N) table from `LEFT` and `RIGHT`, in place.

    ``for k upwards: parent of children = k, height; for k downwards: depth = depth of parent + 1``
    """
    n = table.shape[1]
    for k in range(n):
        table[PARENT, k] = -1
        left, right = table[LEFT, k], table[RIGHT, k]
        if left < 0:
            table[HEIGHT, k] = 0
        else:
            table[PARENT, left] = k
            table[PARENT, right] = k
            table[HEIGHT, k] = 1 + max(table[HEIGHT, left], table[HEIGHT, right])
    for k in range(n - 1, -1, -1):
        parent = table[PARENT, k]
        table[DEPTH, k] = 0 if parent < 0 else table[DEPTH, parent] + 1


def stack_heights(leaf: npt.NDArray[np.bool_], root: IntArray) -> tuple[IntArray, IntArray]:
    """Read post-order with a stack of finished subtrees: leaves are pushed, inner nodes replace two by one.

    Parameters
    ----------
    leaf : (N,)
    root : (T,), strictly ascending, the last one N - 1

    Returns
    -------
    height : (N,)
        Of the stack after each node.
    below : (N,)
        The last node of the same tree after which the stack was as high, -1 if there is none. An inner
        node k with a height of at least 1 has the children below[k] and k - 1.
    """
    tree = np.repeat(np.arange(root.size), np.diff(root, prepend=-1))
    height = np.cumsum(np.where(leaf, 1, -1))
    height -= np.concatenate([[0], height[root[:-1]]])[tree]
    order = np.lexsort((height, tree))
    before, after = order[:-1], order[1:]
    same = (tree[before] == tree[after]) & (height[before] == height[after])
    below = np.full(leaf.size, -1)
    below[after[same]] = before[same]
    return height, below


def first_fault(left: IntArray, right: IntArray, root: IntArray) -> tuple[int, int, int]:
    """The first node that breaks post-order, and the children it should have had.

    Parameters
    ----------
    left, right : (N,)
    root : (T,), strictly ascending, the last one N - 1

    Returns
    -------
    (node, left, right) at the first wrong node, with (-1, -1) where only a leaf can stand;
    (root, -2, count) if a tree ends with `count` subtrees that nothing connects; node -1 if all is
    well.
    """
    n, leaf = left.size, (left == -1) & (right == -1)
    height, below = stack_heights(leaf, root)
    wrong = ~leaf & ((height < 1) | (left != below) | (right != np.arange(n) - 1))
    node = int(np.argmax(wrong)) if wrong.any() else n
    end = next((int(row) for row in root[height[root] != 1]), n)
    if node < n and node <= end:
        return (node, int(below[node]), node - 1) if height[node] >= 1 else (node, -1, -1)
    return (end, -2, int(height[end])) if end < n else (-1, -1, -1)


def _select_twin(table: IntArray, root: IntArray, trees: IntArray) -> tuple[IntArray, IntArray]:
    blocks, sizes, at = [], [], 0
    for tree in trees:
        start = root[tree - 1] + 1 if tree > 0 else 0
        block = table[:, start : root[tree] + 1].copy()
        links = block[[LEFT, RIGHT, PARENT]]
        block[[LEFT, RIGHT, PARENT]] = np.where(links < 0, links, links + at - start)
        blocks.append(block)
        sizes.append(block.shape[1])
        at += block.shape[1]
    return np.concatenate(blocks, axis=1), np.cumsum(sizes, dtype=np.intp) - 1


@kernel(_select_twin, dtypes=INTEGERS)
def select(table: IntArray, root: IntArray, trees: IntArray) -> tuple[IntArray, IntArray]:
    """Copy some trees, in the given order, into a table of their own.

    Parameters
    ----------
    table : (7, N)
    root : (T,)
    trees : (S,), S >= 1, each in 0..T-1; one may come several times

    Returns
    -------
    The new (7, M) table and the (S,) roots in it.
    """
    size = 0
    for tree in trees:
        size += root[tree] - (root[tree - 1] if tree > 0 else -1)
    out = np.empty((N_FIELDS, size), np.intp)
    out_root = np.empty(trees.size, np.intp)
    at = 0
    for s in range(trees.size):
        start = root[trees[s] - 1] + 1 if trees[s] > 0 else 0
        n = root[trees[s]] + 1 - start
        shift = at - start
        for k in range(n):  # all fields in one pass, so that cache misses overlap
            for field in range(N_FIELDS):
                value = table[field, start + k]
                links = field in (LEFT, RIGHT, PARENT)
                out[field, at + k] = value + shift if links and value >= 0 else value
        at += n
        out_root[s] = at - 1
    return out, out_root
