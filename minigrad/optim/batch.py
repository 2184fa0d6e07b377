"""Parameters that one call of a kernel updates: a call costs as much as the update of a 50×50 matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.errors import ShapeError
from minigrad.graph import new_id
from minigrad.nn import Parameter

Array = np.ndarray

WIDTH = 8  # parameters per call; the kernel is compiled for this number


def batches(parameters: Sequence[Parameter], slots: int) -> Iterator[Batch]:
    """Yield all parameters in batches of one dtype each."""
    for dtype in dict.fromkeys(p.dtype for p in parameters):
        own = [p for p in parameters if p.dtype == dtype]
        for start in range(0, len(own), WIDTH):
            yield Batch(own[start : start + WIDTH], dtype, slots)


class Batch:
    """Up to `WIDTH` parameters of one dtype, with what an optimiser keeps of them.

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
        self._shapes = [p.shape for p in parameters]
        heights = [shape[0] if shape else 1 for shape in self._shapes]
        widths = [math.prod(shape[1:]) for shape in self._shapes]
        ends = np.cumsum([p.size for p in parameters])
        starts = [int(end) - p.size for end, p in zip(ends, parameters, strict=True)]
        last = np.cumsum(heights)
        first = last - heights
        self._kept = [np.zeros(ends[-1] if s < slots else 0, dtype) for s in range(2)]
        self._counts = np.zeros(last[-1], np.intp)
        self._spans = np.zeros((WIDTH, 6), np.intp)
        self._spans[: len(parameters), :4] = np.stack([starts, first, heights, widths], axis=1)
        self.kept = [
            [
                flat[start : start + p.size].reshape(p.shape)
                for start, p in zip(starts, parameters, strict=True)
            ]
            for flat in self._kept[:slots]
        ]
        self.counts = [self._counts[i:j] for i, j in zip(first, last, strict=True)]
        self._nothing, self._no_rows = [np.empty(0, dtype)] * WIDTH, np.empty(0, np.intp)
        self._data: list[Array | None] = [None] * len(parameters)
        self._flat = tuple(self._nothing)

    def step(self, rule: int, constants: tuple[float, ...]) -> None:
        """Change every parameter that has a gradient."""
        gradients = self._nothing.copy()
        rows = self._no_rows
        copies = []
        now = new_id()
        self._spans[:, 4:] = 0
        for k, parameter in enumerate(self.parameters):
            g = parameter.grad
            if g is None:
                continue
            if parameter.data is not self._data[k] and not self._hold(k):
                copies.append(k)
            parameter._storage.changed = now  # type: ignore[union-attr]
            if isinstance(g, SparseRows):
                g = g.summed()
                self._spans[k, 4:] = len(rows), len(rows) + len(g.rows)
                rows = np.concatenate([rows, g.rows]) if len(rows) else g.rows
                gradients[k] = self._flattened(g.values)
            elif g.dtype == self._dtype and g.flags.carray:
                gradients[k] = g.reshape(-1)
            else:
                gradients[k] = self._flattened(g)
        kernels.update(
            *self._kept, self._counts, self._spans, self._flat, tuple(gradients), rows, rule, constants
        )
        for k in copies:
            data = self.parameters[k].data
            data[...] = self._flat[k].reshape(data.shape)

    def _hold(self, k: int) -> bool:
        """Take hold of a parameter's values, flat; return False if that takes a copy."""
        data = self.parameters[k].data
        if data.shape != self._shapes[k]:
            raise ShapeError(
                f"parameter {self.parameters[k].name!r} had the shape {self._shapes[k]} when this "
                f"optimiser was made, and has {data.shape} now; make a new one"
            )
        flat = self._flattened(data)
        self._flat = (*self._flat[:k], flat, *self._flat[k + 1 :])
        shared = flat.base is not None and np.may_share_memory(flat, data)
        self._data[k] = data if shared else None
        return shared

    def _flattened(self, x: Array) -> Array:
        """Return x with one axis, in the form that the kernel is compiled for; shares memory if it can."""
        if not x.flags.carray or x.dtype != self._dtype:
            x = np.array(x, self._dtype, order="C")
        return x.reshape(-1)
