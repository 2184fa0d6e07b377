"""The least that a fold asks of a forest, and shapes to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

few = settings(max_examples=8, derandomize=True, deadline=None)

Shape = Any  # None for a leaf, else (left shape, right shape)


class Trees:
    """left, right and height, and nothing else."""

    def __init__(self, left: Sequence[int], right: Sequence[int]) -> None:
        self.left = np.array(left, np.intp)
        self.right = np.array(right, np.intp)
        self.height = np.zeros(len(self.left), np.intp)
        for row in np.flatnonzero(self.left >= 0):
            self.height[row] = 1 + max(self.height[self.left[row]], self.height[self.right[row]])

    @property
    def n_leaves(self) -> int:
        return int((self.left < 0).sum())

    @property
    def roots(self) -> np.ndarray:
        return np.setdiff1d(np.arange(len(self.left)), np.concatenate([self.left, self.right]))


def grow(*shapes: Shape) -> Trees:
    left: list[int] = []
    right: list[int] = []

    def add(shape: Shape) -> int:
        children = (-1, -1) if shape is None else (add(shape[0]), add(shape[1]))
        left.append(children[0])
        right.append(children[1])
        return len(left) - 1

    for shape in shapes:
        add(shape)
    return Trees(left, right)


def by_height(trees: Trees) -> Trees:
    """The same trees with all leaves first, then all nodes of height 1, …: not post-order."""
    order = np.argsort(trees.height, kind="stable")
    new = np.empty_like(order)
    new[order] = np.arange(len(order))
    left, right = trees.left[order], trees.right[order]
    return Trees(np.where(left < 0, -1, new[left]), np.where(right < 0, -1, new[right]))


def left_chain(n: int) -> Trees:
    """n leaves; rows: leaf, leaf, node, leaf, node, …"""
    rows = np.arange(2 * n - 1)
    inner = (rows % 2 == 0) & (rows > 0)
    return Trees(np.where(inner, rows - 2, -1), np.where(inner, rows - 1, -1))


def right_chain(n: int) -> Trees:
    """n leaves, then n − 1 nodes."""
    rows = np.arange(2 * n - 1)
    inner = rows >= n
    return Trees(np.where(inner, 2 * n - 2 - rows, -1), np.where(inner, rows - 1, -1))


shapes = st.recursive(st.none(), lambda s: st.tuples(s, s), max_leaves=6)
forests = st.builds(lambda drawn: grow(*drawn), st.lists(shapes, min_size=1, max_size=3))

PAIR = (None, None)
FIXED = {
    "one leaf": grow(None),
    "leaves only": grow(None, None, None),
    "a pair": grow(PAIR),
    "leaves and trees": grow(None, (PAIR, PAIR), None, (None, PAIR)),
    "left and right chain": grow(((PAIR, None), None), (None, (None, PAIR))),
    "rows by height": by_height(grow((PAIR, (None, PAIR)), (PAIR, None), None)),
}
