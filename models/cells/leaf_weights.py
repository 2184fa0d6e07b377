"""Separate matrices for children that are leaves, as in the authors' code.

The paper's equations have one set of matrices, and a cell writes them once: ``x @ Wi1``. With separate leaf
weights Wi1 is a pair of matrices, x is a vector that knows which of its rows are leaves, and the product uses
the right matrix for each row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import minigrad as mg
from minigrad.nn import Module, Parameter
from models.cells.draw import Draw
from models.errors import one_of

LEAF_WEIGHTS = ("shared", "separate")


class Transposed(NamedTuple):
    """Both matrices of a `Pair`, transposed."""

    inner: mg.Tensor
    leaf: mg.Tensor


class Pair(Module):
    """The matrix for children that are inner nodes, and the one for leaves; both (D, D)."""

    def __init__(self, draw: Callable[[], Parameter]) -> None:
        self.inner, self.leaf = draw(), draw()

    @property
    def T(self) -> Transposed:
        """Return both transposed."""
        return Transposed(self.inner.T, self.leaf.T)


class Vector:
    """A child's vector, which is multiplied by the leaf's matrix where the child is a leaf."""

    def __init__(self, child: mg.Child) -> None:
        self._inner = mg.where(child.is_leaf, 0.0, child.h)
        self._leaf = mg.where(child.is_leaf, child.h, 0.0)

    def __matmul__(self, W: Transposed) -> mg.Tensor:
        return self._inner @ W.inner + self._leaf @ W.leaf


def weight(draw: Draw, D: int, fan_in: int, leaf_weights: str) -> Any:
    """Return a matrix (D, D), or a `Pair` of them; ValueError if there is no such choice."""
    if one_of("leaf_weights", leaf_weights, LEAF_WEIGHTS) == "shared":
        return draw.matrix(D, D, fan_in)
    return Pair(lambda: draw.matrix(D, D, fan_in))


def vector(child: mg.Child, leaf_weights: str) -> Any:
    """Return the left operand of ``@``: the child's hidden vector, or one that knows its leaves."""
    return child.h if leaf_weights == "shared" else Vector(child)
