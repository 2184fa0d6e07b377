"""Gradients of many leaves in one vector: what takes them all together need not touch each."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    vector : (Σ sizes,) array or None
        All gradients, in the order of the leaves; None if there are none, or leaves keep their own.
    slices : list of Slice
        The leaves' gradients.
    """

    def __init__(self, leaves: Sequence[Tensor]) -> None:
        self.vector: Array | None = None
        self.slices: list[Slice] = []
        start = 0
        for leaf in leaves:
            own = Slice(self, start, leaf.shape)
            own.value = leaf.node.gradient.value  # type: ignore[union-attr]
            leaf.node.gradient = own  # type: ignore[union-attr]
            self.slices.append(own)
            start = own.stop

    def leave(self, vector: Array) -> None:
        """Add a derivative that nobody else holds to the gradients."""
        if self.vector is None and all(own.alone is None for own in self.slices):
            self.vector = vector
            return
        for own in self.slices:
            add_to_leaf(own, own.cut(vector), owned=True)

    def clear(self) -> None:
        """Forget all gradients."""
        if self.vector is None:
            for own in self.slices:
                own.alone = None
        self.vector = None

    def part(self) -> None:
        """Let every leaf keep its own gradient."""
        if self.vector is not None:
            vector, self.vector = self.vector, None
            for own in self.slices:
                own.alone = own.cut(vector)


class Slice(Gradient):
    """A leaf's part of flat gradients.

    Attributes
    ----------
    flat : FlatGradients
    start, stop : int
        Its place in ``flat.vector``.
    alone : array, SparseRows or None
        The gradient while the leaves keep their own.
    """

    __slots__ = ("_shape", "alone", "flat", "start", "stop")

    def __init__(self, flat: FlatGradients, start: int, shape: tuple[int, ...]) -> None:
        self.flat, self.start, self._shape = flat, start, shape
        self.stop = start + math.prod(shape)
        self.alone: Cotangent = None

    def cut(self, vector: Array) -> Array:
        """Return the leaf's part of a vector, in the leaf's shape and in the same memory."""
        return vector[self.start : self.stop].reshape(self._shape)

    @property
    def value(self) -> Cotangent:
        """The derivative."""
        return self.alone if self.flat.vector is None else self.cut(self.flat.vector)

    @value.setter
    def value(self, value: Cotangent) -> None:
        self.flat.part()
        self.alone = value


def flat_gradients(leaves: Sequence[Tensor]) -> FlatGradients | None:
    """Return the flat gradients of these leaves, made at the first call, or None if they can have none.

    That is so if one of them keeps no gradient, or stands in flat gradients with others.
    """
    gradients = [leaf.node.gradient if leaf.node is not None else None for leaf in leaves]
    if gradients and isinstance(gradients[0], Slice) and gradients[0].flat.slices == gradients:
        return gradients[0].flat
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
    start = 0
    for leaf in leaves:
        stop = start + leaf.size
        if leaf.node is not None and leaf.node.gradient is not None:
            add_to_leaf(leaf.node.gradient, vector[start:stop].reshape(leaf.shape), owned=True)
        start = stop
