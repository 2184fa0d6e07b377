"""The flat layout of trees with any number of children: depth, height, and what is a right order of rows.

Dimension key: N nodes, T trees.
"""

from __future__ import annotations

import numpy as np

from models.errors import ForestError
from models.layout import IntArray


def levels_of(parent: IntArray) -> tuple[IntArray, IntArray]:
    """Return the depth and the height of every row, each (N,), from the row's parent, −1 at roots."""
    depth, height = np.zeros(parent.size, np.intp), np.zeros(parent.size, np.intp)
    rows = np.flatnonzero(parent < 0)
    levels: list[IntArray] = []
    order = np.argsort(parent, kind="stable")
    start = np.searchsorted(parent[order], np.arange(parent.size + 1))
    while rows.size:
        depth[rows] = len(levels)
        levels.append(rows)
        counts = start[rows + 1] - start[rows]
        places = np.repeat(start[rows] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        rows = order[places]
    for rows in reversed(levels[1:]):
        np.maximum.at(height, parent[rows], height[rows] + 1)
    return depth, height


def check_postorder(parent: IntArray, root: IntArray) -> None:
    """Refuse rows that are not in post-order, naming the first such one.

    Parameters
    ----------
    parent : (N,)
    root : (T,)

    Raises
    ------
    ForestError
    """
    n = parent.size
    if not root.size or root[-1] != n - 1 or root[0] < 0 or (np.diff(root) <= 0).any():
        raise ForestError(f"root holds the last row of each tree, ascending; the last one is {n - 1}")
    size = np.ones(n, np.intp)
    end = np.repeat(root, np.diff(root, prepend=-1))
    for row in range(n):
        above = int(parent[row])
        if row == end[row] and above == -1:
            continue
        if not row < above <= end[row]:
            raise ForestError(
                f"row {row}: parent = {above}, but it is a later row of its tree, −1 at its root"
            )
        size[above] += size[row]
    # In post-order a subtree is a range of rows that ends with its root.
    first = np.arange(n) - size + 1
    for row in range(n):
        above = int(parent[row])
        if above >= 0 and first[row] < first[above]:
            raise ForestError(
                f"row {row}: parent = {above}, but rows are in post-order: subtrees are ranges of rows"
            )
