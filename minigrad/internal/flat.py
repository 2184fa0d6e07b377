"""Gradients of many leaves in one vector: what takes them all together need not touch each."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, Gradient
from minigrad.tensor import Tensor

Array = np.ndarray


class FlatGradients:
    """The gradients of some leaves, side by side in one vector.

    A leaf's ``.grad`` is a view of its part, made on access. As soon as one gradient is set on its own, every
    leaf keeps its own.

    Parameters
    ----------
    leaves : sequence of Tensor
        Of one dtype; each keeps a gradient, and belongs to no other flat gradients. See `flat_gradients`.

    Attributes
    ----------
    version : int
        Of the class: grows whenever leaves anywhere come to have their gradients somewhere else.
    leaves : list of Tensor
    slices : list of Slice
        The leaves' gradients.
    vector : (Σ sizes,) array or None
        All gradients, in the order of the leaves; None if there are none, or leaves keep their own.
    separate : bool
        Whether leaves may keep their own.
    seen : bool
        Whether someone may hold a part of the vector.
    """

    version = 0

    def __init__(self, leaves: Sequence[Tensor]) -> None:
        self.leaves = list(leaves)
        self.slices: list[Slice] = []
        self.vector: Array | None = None
        self.separate = self.seen = False
        self._spare: Array | None = None
        start = 0
        for leaf in leaves:
            own = Slice(self, start, leaf.shape)
            own.value = leaf.node.gradient.value  # type: ignore[union-attr]
            leaf.node.gradient = own  # type: ignore[union-attr]
            self.slices.append(own)
            start = own.stop
        FlatGradients.version += 1

    def add(self, vector: Array) -> None:
        """Add to all gradients at once; `vector` is memory that nobody else holds."""
        if self.separate:
            self.separate = any(own.own is not None for own in self.slices)
        if self.vector is None and not self.separate:
            self.vector = vector
            return
        for own in self.slices:
            own.add(own.cut(vector), owned=True)

    def room(self, dtype: Any) -> Array:
        """Return an undefined vector for `add`: the last one, if nobody has seen a part of it."""
        vector, self._spare = self._spare, None
        if vector is None or vector.dtype != dtype:
            vector = np.empty(self.slices[-1].stop, dtype)
        return vector

    def clear(self) -> None:
        """Forget all gradients."""
        self._spare = None if self.seen else self.vector
        self.vector, self.seen = None, False
        if self.separate:
            for own in self.slices:
                own.own = None
            self.separate = False

    def split(self) -> None:
        """Let every leaf keep its own gradient."""
        self.seen = False
        if self.vector is not None:
            vector, self.vector = self.vector, None
            for own in self.slices:
                own.own = own.cut(vector)
        self.separate = True


class Slice(Gradient):
    """A leaf's part of flat gradients.

    Attributes
    ----------
    flat : FlatGradients
    start, stop : int
        Which elements of ``flat.vector`` it is.
    own : array, SparseRows or None
        The gradient while the leaves keep their own.
    """

    __slots__ = ("_shape", "flat", "own", "start", "stop")

    def __init__(self, flat: FlatGradients, start: int, shape: tuple[int, ...]) -> None:
        self.flat, self.start, self._shape = flat, start, shape
        self.stop = start + math.prod(shape)
        self.own: Cotangent = None

    def cut(self, vector: Array) -> Array:
        """Return the leaf's part of a vector, in the leaf's shape and in the same memory."""
        return vector[self.start : self.stop].reshape(self._shape)

    @property
    def value(self) -> Cotangent:
        """The gradient."""
        if self.flat.vector is None:
            return self.own
        self.flat.seen = True
        return self.cut(self.flat.vector)

    @value.setter
    def value(self, value: Cotangent) -> None:
        self.flat.split()
        self.own = value


def flat_gradients(leaves: Sequence[Tensor]) -> FlatGradients | None:
    """Return the flat gradients of these leaves, made at the first call, or None if they can have none.

    That is so if one of them keeps no gradient, or is part of flat gradients with other leaves.
    """
    first = leaves[0].node.gradient if leaves and leaves[0].node is not None else None
    if isinstance(first, Slice):
        same = len(leaves) == len(first.flat.leaves) and all(map(operator.is_, leaves, first.flat.leaves))
        return first.flat if same else None
    gradients = [leaf.node.gradient if leaf.node is not None else None for leaf in leaves]
    if not leaves or any(g is None or isinstance(g, Slice) for g in gradients):
        return None
    return FlatGradients(leaves)


def add_gradients(leaves: Sequence[Tensor], vector: Array) -> None:
    """Add to the gradients of leaves, side by side in a vector that nobody else holds.

    Leaves that keep no gradient are left out.
    """
    flat = flat_gradients(leaves)
    if flat is not None:
        flat.add(vector)
        return
    for leaf, g in zip(leaves, cut(vector, leaves), strict=True):
        add_gradient(leaf, g)


def add_gradient(leaf: Tensor, g: Cotangent) -> None:
    """Add to a leaf's ``.grad``, if it keeps one; `g` is memory that nobody else holds."""
    if leaf.node is not None and leaf.node.gradient is not None:
        leaf.node.gradient.add(g, owned=True)


def cut(vector: Array, leaves: Sequence[Tensor]) -> list[Array]:
    """Return every leaf's part of a vector, in the leaf's shape and in the same memory."""
    ends = np.cumsum([leaf.size for leaf in leaves], dtype=int)
    return [part.reshape(leaf.shape) for part, leaf in zip(np.split(vector, ends), leaves, strict=False)]
