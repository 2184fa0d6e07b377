"""Which nodes of a forest a cell computes, their parents, depths and roots, whatever the trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.fold.nary import NaryTrees
from minigrad.fold.schedule import Trees

Array = np.ndarray
AnyTrees = Trees | NaryTrees


def computed_rows(forest: AnyTrees) -> Array:
    """Return the rows that a cell computes: the inner nodes of binary trees, all of others."""
    return np.arange(len(forest.height)) if _is_nary(forest) else np.flatnonzero(_links(forest)[0] >= 0)


def parents(forest: AnyTrees) -> Array:
    """Return the row of every node's parent, −1 at roots."""
    parent = np.full(len(forest.height), -1)
    if _is_nary(forest):
        of: Any = forest
        parent[of.child] = np.repeat(np.arange(len(parent)), np.diff(of.offset))
        return parent
    left, right = _links(forest)
    inner = np.flatnonzero(left >= 0)
    parent[left[inner]] = parent[right[inner]] = inner
    return parent


def depths_and_roots(forest: AnyTrees) -> tuple[Array, Array]:
    """Return the depth of every node below its root, and that root's row."""
    if not _is_nary(forest):
        left, right = (np.asarray(rows, np.intp) for rows in _links(forest))
        return kernels.depths_and_roots(left, right)
    parent = parents(forest)
    depth, root = np.zeros(len(parent), np.intp), np.arange(len(parent))
    # A parent has a later row than its children: from the last row down it is known before them.
    for row in range(len(parent) - 1, -1, -1):
        if parent[row] >= 0:
            depth[row], root[row] = depth[parent[row]] + 1, root[parent[row]]
    return depth, root


def _is_nary(forest: AnyTrees) -> bool:
    return hasattr(forest, "offset")


def _links(forest: Any) -> tuple[Array, Array]:
    return forest.left, forest.right
