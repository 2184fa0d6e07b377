"""The states of all nodes, as an array that is written row by row and differentiated like a value.

Writing rows makes a new *version* of the array: in the graph every write is a node, and a read depends on
the version that it read. In memory all versions are one array, since a row is written once, before anything
reads it. The cotangent of all versions is one array too (a `Total`): on the way back a write passes it on,
and reads add to their rows. At the end row k holds the total derivative with respect to node k's state,
through all its ancestors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Cotangent, Gradient, SparseRows, Total
from minigrad.graph import Meta, Node
from minigrad.ops.broadcast import same
from minigrad.ops.index import read_rows
from minigrad.primitive import Operation, primitive
from minigrad.tensor import Tensor

Array = np.ndarray


class _Write(Operation):
    writes = True

    def accept(self, g: Cotangent) -> Cotangent:
        if isinstance(g, Total):
            return g
        return Total(g.dense() if isinstance(g, SparseRows) else g.copy())

    def retained(self, g: Cotangent) -> Array:
        return g.array


@primitive(linear=True, index="rows", operation=_Write)
def _write_rows(states: Array, values: Array, *, rows: Array) -> Any:
    """states with `values` in the given rows, which nothing has read before

    shapes: states (N, D), values (n, D), rows (n,)
    vjp: g, rows of g
    """
    states[rows] = values
    return states


_write_rows.defvjp(
    lambda y, states, values, rows: same,
    lambda y, states, values, rows: lambda g: g.array[rows],
)


def _start_rows(n: int, width: int, dtype: Any) -> Array:
    """The first version: zeros, which remain where nothing is written

    shapes: n, width → (n, width)
    vjp: –
    """
    return np.zeros((n, width), dtype)


_START = _Write(_start_rows)


class States:
    """One state part of all nodes, (N, D), while a fold fills it."""

    def __init__(self, name: str, n: int, width: int, dtype: Any) -> None:
        self.tensor = Tensor(_START.forward(n, width, dtype))
        self._gradient = Gradient()
        if thread.state.recording_graph:
            # A node even where the leaves are constants: the gradient with respect to their rows is wanted.
            meta = Meta(thread.state.meta.scope, name)
            self.tensor._node = Node(_START, (), (), self.tensor.data, (), meta)
            self.tensor._node.gradient = self._gradient

    def read(self, rows: Array) -> Tensor:
        """Return rows of the current version, (n, D)."""
        return read_rows(self.tensor, rows=rows)

    def write(self, rows: Array, values: Tensor) -> None:
        """Make a version in which `rows` hold `values` (n, D)."""
        self.tensor = _write_rows(self.tensor, values, rows=rows)
        if self.tensor._node is not None:
            self.tensor._node.gradient = self._gradient  # all versions have one `.grad`
