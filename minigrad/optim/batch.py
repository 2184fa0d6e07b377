"""Parameters that one call of a kernel updates: a call costs as much as the update of a 50×50 matrix."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigrad.cotangent import Gradient, SparseRows
from minigrad.graph import new_id
from minigrad.internal.addresses import Addresses
from minigrad.internal.flat import FlatGradients, Slice, cut
from minigrad.internal.lent import LentGradient
from minigrad.kernels import updates
from minigrad.kernels.machine import address
from minigrad.nn import Parameter

Array = np.ndarray
_PACK = struct.Struct("6q").pack_into


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
        self._storages: list[Any] = [p._storage for p in parameters]
        shapes = [p.shape for p in parameters]
        heights = [shape[0] if shape else 1 for shape in shapes]
        widths = [math.prod(shape[1:]) for shape in shapes]
        ends = np.cumsum([p.size for p in parameters])
        starts = ends - [p.size for p in parameters]
        last = np.cumsum(heights)
        first = last - heights
        self._kept = [np.zeros(ends[-1] if s < slots else 0, dtype) for s in range(2)]
        self._counts = np.zeros(last[-1], np.intp)
        self._spans = np.zeros((len(parameters), 7), np.intp)
        self._spans[:, :4] = np.stack([starts, first, heights, widths], axis=1)
        self._values = Addresses(parameters, dtype, "optimiser")
        self.kept = [cut(flat, parameters) for flat in self._kept[:slots]]
        self.counts = [self._counts[i:j] for i, j in zip(first, last, strict=True)]
        self._no_rows = np.empty(0, np.intp)
        self._placed: Array | None = None  # what stands in the last column of `spans`
        self._seen = -1  # of `FlatGradients.version`
        self._gradients: list[Gradient] = []
        self._members: dict[FlatGradients, list[int]] = {}
        self._whole: list[FlatGradients] = []  # those all of whose leaves are here
        self._others: list[Gradient] = []  # of parameters that belong to none of these
        self._flat: list[FlatGradients] = []  # what `_together` was when `_spans` was laid out
        self._single: list[int] = []  # parameters that are members of none of these
        self._together_stored: list[Any] = []  # the storages of those that are
        self._sources: Any = np.zeros((2 * len(parameters), 3), np.intp)
        self._update: Callable[[Array, int, updates.Constants], None] | None = None

    def __reduce__(self) -> tuple[Any, ...]:  # a copy has other parameters, in other memory
        arguments = self.parameters, self._dtype, len(self.kept)
        return Batch, arguments, [*self._kept, self._counts]

    def __setstate__(self, kept: list[Array]) -> None:
        for own, values in zip([*self._kept, self._counts], kept, strict=True):
            own[...] = values

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self._look()
        for flat in self._whole:
            flat.clear()
        for gradient in self._others:
            gradient.value = None

    def step(self, rule: int, constants: tuple[float, ...]) -> None:
        """Change every parameter that has a gradient."""
        self._look()
        if self._together() != self._flat:
            self._lay_out()
        self._values.update()
        if self._placed is not self._values.pointers:
            self._placed = self._spans[:, 6] = self._values.pointers
        if self._update is None:
            arrays = *self._kept, self._counts, self._spans, self._sources
            self._update = updates.prepare(*arrays)
        rows, now = self._no_rows, new_id()
        sources: list[int] = []  # address, first and last row, of each
        held: list[Array] = []  # what stands at the addresses
        for flat in self._flat:
            held.append(flat.vector)  # type: ignore[arg-type]
            sources += address(held[-1]), 0, 0
        for storage in self._together_stored:
            storage.changed = now
        for k in self._single:
            gradient, low = self._gradients[k], len(rows)
            g = gradient.peek() if isinstance(gradient, LentGradient) else gradient.value
            if g is None:
                sources += 0, 0, 0
                continue
            self._storages[k].changed = now
            if isinstance(g, SparseRows):
                g = g.summed()
                rows = np.concatenate([rows, g.rows]) if low else g.rows
                g = g.values
            if not g.flags.carray or g.dtype != self._dtype:
                g = np.array(g, self._dtype, order="C")
            held.append(g)
            sources += address(g), low, len(rows)
        self._sources.ravel()[: len(sources)] = sources
        self._update(rows, rule, constants)
        self._values.write_back()

    def layout(self, flat: FlatGradients, table: Gradient) -> tuple[object, ...] | None:
        """Return what tells the layout that the last step has found; None unless gradients are these two.

        As long as the parameters' arrays and all that is returned are the same, `step_with` may be called.
        """
        if self._seen != FlatGradients.version or self._flat != [flat] or flat not in self._whole:
            return None
        if [self._gradients[k] for k in self._single] != [table]:
            return None
        in_place = self._values.in_place and self._placed is self._values.pointers
        return (self._update, self._flat, self._placed) if in_place else None

    def step_with(
        self, vector: Array, rows: Array, values: Array, rule: int, constants: tuple[float, ...]
    ) -> None:
        """Change all parameters by a vector of gradients and those of a table's rows; see `layout`."""
        now = new_id()
        for storage in self._storages:
            storage.changed = now
        _PACK(self._sources, 0, address(vector), 0, 0, address(values), 0, len(rows))
        self._update(rows, rule, constants)  # type: ignore[misc]

    def _look(self) -> None:
        """Find out which of the gradients lie side by side."""
        if self._seen == FlatGradients.version:
            return
        self._seen = FlatGradients.version
        self._gradients = [p.node.gradient for p in self.parameters]  # type: ignore
        self._members = {}
        for k, gradient in enumerate(self._gradients):
            if isinstance(gradient, Slice):
                self._members.setdefault(gradient.flat, []).append(k)
        self._whole = [flat for flat, members in self._members.items() if len(members) == len(flat.slices)]
        self._others = [g for g in self._gradients if not isinstance(g, Slice) or g.flat not in self._whole]
        self._lay_out()

    def _lay_out(self) -> None:
        """Number the sources of gradients, and say in `spans` where each parameter's is."""
        self._flat, size = self._together(), self._dtype.itemsize
        self._single = []
        self._together_stored = [self._storages[k] for flat in self._flat for k in self._members[flat]]
        for k, gradient in enumerate(self._gradients):
            if isinstance(gradient, Slice) and gradient.flat in self._flat:
                self._spans[k, 4:6] = self._flat.index(gradient.flat), gradient.start * size
            else:
                self._spans[k, 4:6] = len(self._flat) + len(self._single), 0
                self._single.append(k)

    def _together(self) -> list[FlatGradients]:
        """Return those flat gradients that can be taken as they are."""
        return [f for f in self._members if f.vector is not None and f.vector.dtype == self._dtype]
