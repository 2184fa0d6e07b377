"""Gradients of many leaves in one vector: what takes them all together need not touch each."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent
from minigrad.graph import Gradient, add_to_leaf
from minigrad.tensor import Tensor

Array = np.ndarray


class FlatGradients:
    """The gradients of some leaves, side by side in one vector.

    A leaf's ``.grad`` is cut out when somebody looks at it. As soon as one of them is set alone, all leaves
    keep their own.

    Parameters
    ----------
    leaves : sequence of Tensor
        Of one dtype; each keeps a gradient, and belongs to no other flat gradients. See `flat_gradients`.

    Attributes
    ----------
    made : int
        Grows whenever leaves come to have their gradients elsewhere.
    leaves : list of Tensor
    slices : list of Slice
        The leaves' gradients.
    vector : (Σ sizes,) array or None
        All gradients, in the order of the leaves; None if there are none, or leaves keep their own.
    alone : bool
        Whether leaves may keep their own.
    """

    made = 0

    def __init__(self, leaves: Sequence[Tensor]) -> None:
        self.leaves = list(leaves)
        self.slices: list[Slice] = []
        self.vector: Array | None = None
        self.alone = False
        start = 0
        for leaf in leaves:
            own = Slice(self, start, leaf.shape)
            own.value = leaf.node.gradient.value  # type: ignore[union-attr]
            leaf.node.gradient = own  # type: ignore[union-attr]
            self.slices.append(own)
            start = own.stop
        FlatGradients.made += 1

    def leave(self, vector: Array) -> None:
        """Add a derivative that nobody else holds to the gradients."""
        if self.alone:
            self.alone = any(own.own is not None for own in self.slices)
        if self.vector is None and not self.alone:
            self.vector = vector
            return
        for own in self.slices:
            add_to_leaf(own, own.cut(vector), owned=True)

    def clear(self) -> None:
        """Forget all gradients."""
        self.vector = None
        if self.alone:
            for own in self.slices:
                own.own = None
            self.alone = False

    def part(self) -> None:
        """Let every leaf keep its own gradient."""
        if self.vector is not None:
            vector, self.vector = self.vector, None
            for own in self.slices:
                own.own = own.cut(vector)
        self.alone = True


class Slice(Gradient):
    """A leaf's part of flat gradients.

    Attributes
    ----------
    flat : FlatGradients
    start, stop : int
        Its place in ``flat.vector``.
    own : array, SparseRows or None
        The gradient while the leaves keep their own.
    """

    __slots__ = ("_shape", "flat", "own", "start", "stop")

    def __init__(self, flat: FlatGradients, start: int, shape: tuple[int, ...]) -> None:
        self.flat, self.start, self._shape = flat, start, shape
        self.stop = start + math.prod(shape)
        self.own: Cotangent = None

    def __reduce__(self) -> tuple[Any, ...]:  # a copied leaf keeps its own
        return _single, (self.value,)

    def cut(self, vector: Array) -> Array:
        """Return the leaf's part of a vector, in the leaf's shape and in the same memory."""
        return vector[self.start : self.stop].reshape(self._shape)

    @property
    def value(self) -> Cotangent:
        """The derivative."""
        return self.own if self.flat.vector is None else self.cut(self.flat.vector)

    @value.setter
    def value(self, value: Cotangent) -> None:
        self.flat.part()
        self.own = value


def _single(value: Cotangent) -> Gradient:
    gradient = Gradient()
    gradient.value = value
    FlatGradients.made += 1  # whoever was copied along looks again
    return gradient


def flat_gradients(leaves: Sequence[Tensor]) -> FlatGradients | None:
    """Return the flat gradients of these leaves, made at the first call, or None if they can have none.

    That is so if one of them keeps no gradient, or stands in flat gradients with others.
    """
    first = leaves[0].node.gradient if leaves and leaves[0].node is not None else None
    if isinstance(first, Slice):
        same = len(leaves) == len(first.flat.leaves) and all(map(operator.is_, leaves, first.flat.leaves))
        return first.flat if same else None
    gradients = [leaf.node.gradient if leaf.node is not None else None for leaf in leaves]
    if not leaves or any(g is None or isinstance(g, Slice) for g in gradients):
        return None
    return FlatGradients(leaves)


def leave_side_by_side(leaves: Sequence[Tensor], vector: Array) -> None:
    """Add derivatives, side by side in a vector that nobody else holds, to the leaves' gradients.

    Leaves that keep no gradient are left out.
    """
    flat = flat_gradients(leaves)
    if flat is not None:
        flat.leave(vector)
        return
    for leaf, g in zip(leaves, cut(vector, leaves), strict=True):
        leave(leaf, g)


def leave(leaf: Tensor, g: Cotangent) -> None:
    """Add a derivative that nobody else holds to a leaf's ``.grad``, if it keeps one."""
    if leaf.node is not None and leaf.node.gradient is not None:
        add_to_leaf(leaf.node.gradient, g, owned=True)


def cut(vector: Array, leaves: Sequence[Tensor]) -> list[Array]:
    """Return every leaf's part of a vector, in the leaf's shape and in the same memory."""
    ends = np.cumsum([leaf.size for leaf in leaves], dtype=int)
    return [part.reshape(leaf.shape) for part, leaf in zip(np.split(vector, ends), leaves, strict=False)]
