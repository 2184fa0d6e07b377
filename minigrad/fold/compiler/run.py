"""fold(mode="compiled"): the emitted functions as one operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, as_dense
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.forms import Forms, Refusal
from minigrad.fold.compiler.order import TILE, Order, order
from minigrad.fold.schedule import Trees
from minigrad.graph import Gradient, Node, state
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.primitive import Operation
from minigrad.tensor import Tensor

Array = np.ndarray


def _fold(cell: Any) -> None:
    """All nodes of a forest by compiled code

    shapes: leaves (number of leaves, D)
    vjp: the cell's, traced and compiled
    """


def _states(fold: Any) -> None:
    """One state part of all nodes

    shapes: fold → (N, width)
    vjp: g, to the fold
    """


class _States(Operation):
    def retained(self, g: Cotangent) -> Array:
        return as_dense(g)  # overwritten by the fold, which adds what comes through the ancestors


class LazyGradient(Gradient):
    """A derivative that is finished when somebody looks at it."""

    __slots__ = ("_finish", "_value")

    def __init__(self) -> None:
        self._finish: Callable[[], None] | None = None
        self._value: Any = None

    def put(self, value: Array, finish: Callable[[], None]) -> None:
        """Leave a value that `finish` completes in place."""
        self._value, self._finish = value, finish

    @property
    def value(self) -> Any:  # type: ignore[override]
        """The derivative."""
        if self._finish is not None:
            finish, self._finish = self._finish, None
            finish()
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value, self._finish = value, None


FOLD = Operation(_fold, "compiled fold")
STATES = _States(_states, "states")
_ZERO = np.zeros(())


class _Run:
    """One fold: what its backward needs."""

    def __init__(self, code: CompiledCell, forest: Trees, leaves: Tensor, keep: bool) -> None:
        self.code = code
        self.leaves = leaves.data
        self.order = order(forest.left, forest.right)
        nodes, inner = len(forest.left), len(self.order.rows)
        self.order = self._words(forest) if code.chain else self.order
        parts = code.trace.parts
        self.states = {part.name: np.empty((nodes, part.width), code.dtype) for part in parts}
        self.masks = [
            rng.random((nodes, s.shape[1])) >= p if inner else np.ones((1, 1), bool)
            for s, p, rng in code.trace.masks
        ]
        self.memory = code.take(inner if keep else TILE)
        code.module.forward(
            keep, *self._arguments(), *code.P, *code.parameters(code.emitted.forward_parameters)
        )
        self.cotangents: dict[str, Array] = {}

    def __del__(self) -> None:
        if hasattr(self, "memory"):
            self.code.give_back(self.memory)

    def _words(self, forest: Trees) -> Order:
        """Return the order with the leaves' numbers, in a chain, for the rows of the right children."""
        number = np.cumsum(forest.left < 0) - 1
        return self.order._replace(right=number[self.order.right])

    def _arguments(self) -> list[Any]:
        code, memory = self.code, self.memory
        return [
            *self.order, self.leaves, *self.states.values(), *self.masks,
            memory.K, code.O, code.Z, code.M, memory.B,
        ]  # fmt: skip

    def differentiate(self, states: Mapping[str, Gradient]) -> list[Array]:
        """Return the derivatives with respect to the leaves and to every parameter; leave those of states."""
        code, trace = self.code, self.code.trace
        given, self.cotangents = self.cotangents, {}
        to_leaves = np.zeros_like(self.leaves)
        gradients = _like([p.data for p in trace.parameters])
        totals = self._backward(given, to_leaves, gradients, complete=False)
        for part in trace.parts:
            gradient, total = states[part.name], totals[part.name]
            if isinstance(gradient, LazyGradient):
                gradient.put(total, partial(self._complete, given, part.name, total))
            else:
                gradient.value = total
        return [to_leaves, *gradients]

    def _complete(self, given: Mapping[str, Array], name: str, total: Array) -> None:
        """Compute the derivatives with respect to what a part constantly is at leaves."""
        unused = _like([p.data for p in self.code.trace.parameters])
        whole = self._backward(given, np.empty_like(self.leaves), unused, complete=True)
        total[self.order.leaves] = whole[name][self.order.leaves]

    def _backward(
        self, given: Mapping[str, Array], to_leaves: Array, gradients: list[Array], complete: bool
    ) -> dict[str, Array]:
        code = self.code
        totals = {
            name: given[name].copy() if name in given else np.zeros_like(array)
            for name, array in self.states.items()
        }
        wanted = zip(gradients, code.trace.parameter_gradients, strict=True)
        code.module.backward(
            complete, *self._arguments(), *totals.values(), to_leaves, code.E, *code.products, code.sums,
            *self.memory.Q, *code.parameters(code.emitted.backward_parameters),
            *(array for array, symbol in wanted if symbol is not None),
        )  # fmt: skip
        return totals


def _like(arrays: list[Array]) -> list[Array]:
    """Return arrays of zeros of the same shapes, side by side in one piece of memory."""
    whole = np.zeros(sum(a.size for a in arrays), arrays[0].dtype if arrays else np.float32)
    out, start = [], 0
    for a in arrays:
        out.append(whole[start : start + a.size].reshape(a.shape))
        start += a.size
    return out


_forms = Forms(CompiledCell)


def compiled(cell: Cell, dtype: Any) -> CompiledCell | Refusal:
    """Return the compiled form of a cell as it is now, or why there is none."""
    return _forms.find(cell, dtype)


def run(cell: Cell, forest: Trees, leaves: Tensor) -> Mapping[str, Tensor] | Refusal | None:
    """Run a cell by compiled code; return one tensor per part.

    Returns
    -------
    A refusal if the cell can't be compiled, None if it shall not be.
    """
    if not JIT_ENABLED or leaves.dtype.char not in "fd" or not np.any(forest.left >= 0):
        return None
    code = compiled(cell, leaves.dtype)
    if isinstance(code, Refusal):
        return code
    run = _Run(code, forest, leaves, state.recording_graph)
    if not state.recording_graph:
        return {name: Tensor(array) for name, array in run.states.items()}
    operands = [leaves, *code.trace.parameters]
    parents, vjps = [], []
    results: list[Array] = []
    gradients = {part.name: LazyGradient() if part.leaf == "zero" else Gradient() for part in code.trace.parts}

    def vjp(position: int) -> Callable[[Any], Array]:
        def result(g: Any) -> Array:
            if not results:
                results.extend(run.differentiate(gradients))
            out = results[position]
            if position == last:
                results.clear()
            return out

        return result

    last = -1
    for k, operand in enumerate(operands):
        if operand._node is not None:
            parents.append(operand._node)
            vjps.append(vjp(k))
            last = k
    storages = tuple(o._storage for o in operands if o._storage is not None)
    node = Node(FOLD, tuple(parents), tuple(vjps), _ZERO, storages)
    tensors = {}
    for name, array in run.states.items():

        def keep(g: Array, name: str = name) -> Array:
            run.cotangents[name] = g
            return _ZERO

        part = Node(STATES, (node,), (keep,), array)
        part.gradient = gradients[name]
        tensors[name] = Tensor(array, part)
    return tensors
