"""Parameters that one call of a kernel updates: a call costs as much as the update of a 50×50 matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.addresses import Addresses, address
from minigrad.cotangent import SparseRows
from minigrad.flat import FlatGradients, Slice
from minigrad.graph import Gradient, new_id
from minigrad.nn import Parameter

Array = np.ndarray


def batches(parameters: Sequence[Parameter], slots: int) -> Iterator[Batch]:
    """Yield all parameters in batches of one dtype each."""
    for dtype in dict.fromkeys(p.dtype for p in parameters):
        yield Batch([p for p in parameters if p.dtype == dtype], dtype, slots)


class Batch:
    """Parameters of one dtype, with what an optimiser keeps of them.

    Parameters
    ----------
    parameters : sequence of Parameter
    dtype
    slots : int
        How many numbers are kept per element, 0 to 2.

    Attributes
    ----------
    kept : list of lists of arrays
        ``kept[s][k]``: slot s of parameter k, in its shape.
    counts : list of intp arrays (height,)
        How many steps each row of a parameter has taken; a number or a vector without rows counts as rows
        of one element.
    """

    def __init__(self, parameters: Sequence[Parameter], dtype: np.dtype, slots: int) -> None:
        self.parameters, self._dtype = parameters, dtype
        shapes = [p.shape for p in parameters]
        heights = [shape[0] if shape else 1 for shape in shapes]
        widths = [math.prod(shape[1:]) for shape in shapes]
        ends = np.cumsum([p.size for p in parameters])
        starts = [int(end) - p.size for end, p in zip(ends, parameters, strict=True)]
        last = np.cumsum(heights)
        first = last - heights
        self._kept = [np.zeros(ends[-1] if s < slots else 0, dtype) for s in range(2)]
        self._counts = np.zeros(last[-1], np.intp)
        self._spans = np.zeros((len(parameters), 8), np.intp)
        self._spans[:, :4] = np.stack([starts, first, heights, widths], axis=1)
        self._values = Addresses(parameters, dtype, "optimiser")
        self.kept = [
            [
                flat[start : start + p.size].reshape(p.shape)
                for start, p in zip(starts, parameters, strict=True)
            ]
            for flat in self._kept[:slots]
        ]
        self.counts = [self._counts[i:j] for i, j in zip(first, last, strict=True)]
        self._no_rows = np.empty(0, np.intp)
        self._placed: Array | None = None  # what stands in the last column of `spans`
        self._seen = -1  # of `FlatGradients.made`
        self._gradients: list[Gradient] = []
        self._flat: list[_Members] = []
        self._single: list[int] = []

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self._look()
        for members in self._flat:
            members.clear(self._gradients)
        for k in self._single:
            self._gradients[k].value = None

    def step(self, rule: int, constants: tuple[float, ...]) -> None:
        """Change every parameter that has a gradient."""
        self._look()
        self._values.update()
        spans, rows, now = self._spans, self._no_rows, new_id()
        spans[:, 4:7] = 0
        if self._placed is not self._values.places:
            self._placed = spans[:, 7] = self._values.places
        given: list[Array] = []  # what stands in `spans` by its address
        single = self._single
        for members in self._flat:
            vector = members.flat.vector
            if vector is None:
                single = [*single, *members.places]
                continue
            given.append(vector)
            spans[members.index, 6] = members.offsets + address(vector)
            for storage in members.storages:
                storage.changed = now
        for k in single:
            g = self._gradients[k].value
            if g is None:
                continue
            self.parameters[k]._storage.changed = now  # type: ignore[union-attr]
            if isinstance(g, SparseRows):
                g = g.summed()
                spans[k, 4:6] = len(rows), len(rows) + len(g.rows)
                rows = np.concatenate([rows, g.rows]) if len(rows) else g.rows
                g = g.values
            if not g.flags.carray or g.dtype != self._dtype:
                g = np.array(g, self._dtype, order="C")
            given.append(g)
            spans[k, 6] = address(g)
        kernels.update(*self._kept, self._counts, spans, rows, rule, constants)
        self._values.write_back()

    def _look(self) -> None:
        """Find out which of the gradients lie side by side."""
        if self._seen == FlatGradients.made:
            return
        self._seen = FlatGradients.made
        self._gradients = gradients = [p.node.gradient for p in self.parameters]  # type: ignore
        found: dict[FlatGradients, list[int]] = {}
        self._single = []
        for k, gradient in enumerate(gradients):
            if isinstance(gradient, Slice):
                found.setdefault(gradient.flat, []).append(k)
            else:
                self._single.append(k)
        self._flat = [_Members(flat, places, self.parameters) for flat, places in found.items()]


class _Members:
    """The parameters of a batch whose gradients are slices of one vector."""

    def __init__(self, flat: FlatGradients, places: list[int], parameters: Sequence[Parameter]) -> None:
        self.flat, self.places = flat, places
        own: list[Any] = [parameters[k] for k in places]
        self.index = np.array(places, np.intp)
        self.storages = [p._storage for p in own]
        self.offsets = np.array([p.node.gradient.start * p.data.itemsize for p in own], np.intp)

    def clear(self, gradients: Sequence[Gradient]) -> None:
        """Forget the members' gradients."""
        if len(self.places) == len(self.flat.slices):
            self.flat.clear()
        else:  # others keep theirs
            for k in self.places:
                gradients[k].value = None
