"""The children of a node of which there may be any number, and the two ops between a node and its children.

The rows of all children of the nodes that are computed stand one after another: those of the first node, then
those of the second, and so on. How many each node has says where its own begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.primitive import primitive
from minigrad.tensor import Tensor, as_tensor

Array = np.ndarray


def _summed(x: Array, counts: Array) -> Array:
    """Return the sums of groups of consecutive rows of x, (n, D); of a group of none it is 0."""
    out = np.zeros((len(counts), *x.shape[1:]), x.dtype)
    some = counts > 0
    if some.any():
        starts = np.cumsum(counts) - counts
        out[some] = np.add.reduceat(x, starts[some], axis=0)
    return out


@primitive(linear=True, index="counts")
def _sum_children(x: Array, *, counts: Array) -> Any:
    """y_j = Σ_k x_k over the children k of node j

    shapes: x (children, D), counts (n,) → (n, D)
    vjp: g_j for every child of j
    """
    return _summed(x, counts)


_sum_children.defvjp(lambda y, x, counts: lambda g: np.repeat(g, counts, axis=0))


@primitive(linear=True, index="counts")
def _for_each_child(x: Array, *, counts: Array) -> Any:
    """y_k = x_j for every child k of node j

    shapes: x (n, D), counts (n,) → (children, D)
    vjp: Σ_k g_k over the children k of j
    """
    return np.repeat(x, counts, axis=0)


_for_each_child.defvjp(lambda y, x, counts: lambda g: _summed(g, counts))


class Children:
    """All children of the nodes that are computed, as ``compose`` of a `NaryCell` sees them.

    Each state part is an attribute, a tensor with a row per child. `sum` goes from children to their nodes,
    `each` from nodes to their children.

    Attributes
    ----------
    counts : intp array (n,)
        How many children each node has.
    """

    def __init__(self, parts: Mapping[str, Tensor], counts: Array) -> None:
        self.__dict__.update(parts)
        self.counts = counts

    def __getattr__(self, name: str) -> Any:
        parts = ", ".join(part for part in self.__dict__ if part != "counts")
        raise AttributeError(
            f"children have no part {name!r}; their cell declares {parts}", name=name, obj=self
        )

    def sum(self, values: Any) -> Tensor:
        """Return Σ_k of the children's values for every node, (n, D); 0 where there are none.

        Parameters
        ----------
        values : tensor (children, D)

        Raises
        ------
        ShapeError
            If there is not a row per child.
        """
        values = as_tensor(values)
        self._check("sum", "child", values, int(self.counts.sum()))
        return _sum_children(values, counts=self.counts)

    def each(self, values: Any) -> Tensor:
        """Return a node's values once for each of its children, (children, D).

        Parameters
        ----------
        values : tensor (n, D)

        Raises
        ------
        ShapeError
            If there is not a row per node.
        """
        values = as_tensor(values)
        self._check("each", "node", values, len(self.counts))
        return _for_each_child(values, counts=self.counts)

    def _check(self, name: str, what: str, values: Tensor, rows: int) -> None:
        if values.ndim != 2 or len(values.data) != rows:
            raise ShapeError(
                f"children.{name} takes a row per {what}, ({rows}, D), not {values.shape}; a row per "
                f"{'node goes through children.each' if name == 'sum' else 'child through children.sum'}"
            )
