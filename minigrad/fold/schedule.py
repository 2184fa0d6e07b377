"""Scheduling: in which order the inner nodes of a forest are computed, and which of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np


class Levelled(Protocol):
    """The height of every node, one row per node: 0 at leaves."""

    height: np.ndarray


class Trees(Levelled, Protocol):
    """The shape of a forest, one row per node; a node's children have earlier rows.

    ``left`` and ``right`` are the children's rows, -1 at leaves; ``height`` is 0 at leaves. A method
    ``describe(row)`` may name a node, for errors and pictures. ``root`` may hold the rows of all roots: if a
    loss reads the states of exactly this array of rows, mode "compiled" saves time.
    """

    left: np.ndarray
    right: np.ndarray


class Tile:
    """Nodes that are computed together; as a scope, it says which.

    Attributes
    ----------
    rows : intp array (n,)
        Rows of the nodes, ascending.
    """

    __slots__ = ("_trees", "rows")

    def __init__(self, rows: np.ndarray, trees: Levelled) -> None:
        self.rows = rows
        self._trees = trees

    def __str__(self) -> str:
        describe: Callable[[int], str] = getattr(self._trees, "describe", "node {}".format)
        first = describe(int(self.rows[0]))
        if len(self.rows) == 1:
            return first
        height = self._trees.height[self.rows[0]]
        return f"level {height}, {len(self.rows)} nodes from {first} on"


def by_node(trees: Trees) -> Iterator[Tile]:
    """Yield every inner node on its own, children first."""
    for rows in np.flatnonzero(trees.left >= 0)[:, None]:  # of one row each
        yield Tile(rows, trees)


def by_level(trees: Trees) -> Iterator[Tile]:
    """Yield the inner nodes of equal height, of all trees, together, lowest first."""
    inner = np.flatnonzero(trees.left >= 0)
    height = trees.height[inner]
    order = inner[np.argsort(height, kind="stable")]
    start = 0
    for count in np.bincount(height)[1:] if len(inner) else ():
        yield Tile(order[start : start + count], trees)
        start += count


# The schedule of each mode. `compiled` has its own; this one is for cells that can't be compiled.
MODES: dict[str, Callable[[Any], Iterator[Tile]]] = {
    "node": by_node,
    "level": by_level,
    "compiled": by_level,
}
