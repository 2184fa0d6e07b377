"""AdaGrad: a step size for every element, from the gradients it has had."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.errors import ShapeError
from minigrad.graph import new_id
from minigrad.nn import Parameter
from minigrad.optim.optimizer import Optimizer, Parameters

Array = np.ndarray

WIDTH = 8  # arrays per call of the kernel: a call costs as much as the update of a 50×50 matrix


class AdaGrad(Optimizer):
    """G += g²;  w −= η g / (√G + ε), with g including λw (Duchi et al. 2011).

    Parameters
    ----------
    parameters, lr, l2
        As in `Optimizer`.
    eps : float
        ε, added outside the root.
    first_step : "adagrad" or "sgd"
        With "sgd" the first update of each array, and of each row of a table, is −η g, as in the code of
        Le & Zuidema (2016).
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 0.05,
        eps: float = 1e-10,
        l2: float = 0.0,
        first_step: str = "adagrad",
    ) -> None:
        if first_step not in ("adagrad", "sgd"):
            raise ValueError(f"first_step is 'adagrad' or 'sgd', not {first_step!r}")
        super().__init__(parameters, lr=lr, eps=eps, l2=l2)
        self.first_step = first_step
        first = first_step == "sgd"
        self._batches = [list(_batches(group["params"], first)) for group in self.groups]
        place = {id(p): (b, k) for bs in self._batches for b in bs for k, p in enumerate(b.parameters)}
        found = [place[id(p)] for p in self._parameters()]
        self._sums = [batch.sums[k] for batch, k in found]
        self._fresh = [batch.marks[k] for batch, k in found]

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for group, batches in zip(self.groups, self._batches, strict=True):
            for batch in batches:
                batch.step(group["lr"], group["eps"], group["l2"])

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return Σ g² and the first-step marks of every parameter, by position."""
        state = {f"G{k}": G.copy() for k, G in enumerate(self._sums)}
        state.update({f"fresh{k}": fresh.copy() for k, fresh in enumerate(self._fresh)})
        return state

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Restore what `state_dict` returned."""
        self.check_state(values)
        for k in range(len(self._sums)):
            self._sums[k][...] = values[f"G{k}"]
            self._fresh[k][...] = values[f"fresh{k}"]


def _batches(parameters: Sequence[Parameter], first: bool) -> Iterator[_Batch]:
    for dtype in dict.fromkeys(p.dtype for p in parameters):
        own = [p for p in parameters if p.dtype == dtype]
        for start in range(0, len(own), WIDTH):
            yield _Batch(own[start : start + WIDTH], dtype, first)


class _Batch:
    """Up to `WIDTH` parameters of one dtype, whose dense gradients one call of the kernel applies.

    Attributes
    ----------
    sums : list of arrays
        G of each parameter, in its shape.
    marks : list of bool arrays
        For each parameter: which rows (for a dense gradient: row 0 stands for all) are still to be updated
        for the first time, if that time is special.
    """

    def __init__(self, parameters: Sequence[Parameter], dtype: np.dtype, first: bool) -> None:
        self.parameters, self._dtype = parameters, dtype
        sizes = np.array([p.size for p in parameters])
        heights = np.array([p.shape[0] if p.shape else 1 for p in parameters])
        ends, last = np.cumsum(sizes), np.cumsum(heights)
        self._G, self._fresh = np.zeros(ends[-1], dtype), np.full(last[-1], first)
        spans = np.stack([ends - sizes, ends, last - heights, last], axis=1)
        self._spans = np.zeros((WIDTH, 4), np.intp)
        self._spans[: len(spans)] = spans
        self.sums = [
            self._G[start:end].reshape(p.shape)
            for p, (start, end, _, _) in zip(parameters, spans, strict=True)
        ]
        self.marks = [self._fresh[start:end] for _, _, start, end in spans]
        self._nothing = [np.empty(0, dtype)] * WIDTH
        self._data: list[Array | None] = [None] * len(parameters)
        self._flat = tuple(self._nothing)

    def step(self, lr: float, eps: float, l2: float) -> None:
        """Change every parameter that has a gradient."""
        gradients = self._nothing.copy()
        copies = []
        now = new_id()
        for k, parameter in enumerate(self.parameters):
            g = parameter.grad
            if g is None:
                continue
            if parameter.data is not self._data[k] and not self._hold(k):
                copies.append(k)
            parameter._storage.changed = now  # type: ignore[union-attr]
            if isinstance(g, SparseRows):
                self._step_rows(k, g.summed(), lr, eps, l2)
            elif g.dtype == self._dtype and g.flags.carray:
                gradients[k] = g.reshape(-1)
            else:
                gradients[k] = self._flattened(g)
        kernels.adagrad_dense(self._G, self._fresh, self._spans, self._flat, tuple(gradients), lr, eps, l2)
        for k in copies:
            data = self.parameters[k].data
            data[...] = self._flat[k].reshape(data.shape)

    def _step_rows(self, k: int, g: SparseRows, lr: float, eps: float, l2: float) -> None:
        width = math.prod(g.shape[1:])
        table, values = (g.shape[0], width), self._flattened(g.values).reshape(len(g.rows), width)
        w, G = self._flat[k].reshape(table), self.sums[k].reshape(table)
        kernels.adagrad_rows(w, G, g.rows, values, lr, eps, l2, self.marks[k])

    def _hold(self, k: int) -> bool:
        """Take hold of a parameter's values, flat; return False if that takes a copy."""
        data = self.parameters[k].data
        if data.shape != self.sums[k].shape:
            raise ShapeError(
                f"parameter {self.parameters[k].name!r} had the shape {self.sums[k].shape} when this "
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
