"""fold(mode="compiled"): the emitted functions as one operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, SparseRows
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.forms import Forms, Refusal
from minigrad.fold.compiler.order import TILE, order
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
    def accept(self, g: Cotangent) -> Cotangent:
        return g  # dense or rows: the fold adds either to the totals

    def retained(self, g: Cotangent) -> Cotangent:
        return g  # the fold replaces it by the total, with what comes through the ancestors


FOLD = Operation(_fold, "compiled fold")
FOLD.fresh = True
STATES = _States(_states, "states")
_ZERO = np.zeros(())


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
    def value(self) -> Any:
        """The derivative."""
        if self._finish is not None:
            finish, self._finish = self._finish, None
            finish()
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value, self._finish = value, None


class _Run:
    """One fold: what its backward needs."""

    def __init__(self, code: CompiledCell, forest: Trees, leaves: Array, keep: bool) -> None:
        self.code = code
        self.leaves = leaves
        self.order = order(forest.left, forest.right, code.chain)
        nodes, inner = len(forest.left), len(self.order.rows)
        self.states = {part.name: np.empty((nodes, part.width), code.dtype) for part in code.trace.parts}
        self.masks = [
            rng.random((nodes, s.shape[1])) >= p if inner else np.ones((1, 1), bool)
            for s, p, rng in code.trace.masks
        ]
        self.memory = code.take(inner if keep else TILE)
        self._given: dict[str, Cotangent] = {}
        self._results: list[Array] = []
        code.module.forward(keep, *self._arguments(), *code.P, *code.parameters("forward"))

    def __del__(self) -> None:
        if hasattr(self, "memory"):
            self.code.give_back(self.memory)

    def _arguments(self) -> list[Any]:
        code, memory = self.code, self.memory
        return [
            *self.order, self.leaves, *self.states.values(), *self.masks,
            memory.K, code.O, code.Z, code.M, memory.B,
        ]  # fmt: skip

    def give(self, name: str, g: Cotangent) -> Array:
        """Take the cotangent of a state part, as the vjp of its node."""
        self._given[name] = g
        return _ZERO

    def result(self, states: Mapping[str, Gradient], number: int, last: bool, g: Cotangent) -> Array:
        """Return a derivative, as the vjp of the fold: by the leaves, or by the parameter before `number`."""
        if not self._results:
            self._results = self._differentiate(states)
        out = self._results[number]
        if last:
            self._results = []
        return out

    def _differentiate(self, states: Mapping[str, Gradient]) -> list[Array]:
        """Return the derivatives by the leaves and by every parameter; leave those by the states."""
        given, self._given = self._given, {}
        to_leaves = np.zeros_like(self.leaves)
        gradients = self.code.new_gradients()
        totals = self._backward(given, to_leaves, gradients, complete=False)
        for name, gradient in states.items():
            if isinstance(gradient, LazyGradient):
                gradient.put(totals[name], partial(self._complete, given, name, totals[name]))
            else:
                gradient.value = totals[name]
        return [to_leaves, *gradients]

    def _complete(self, given: Mapping[str, Cotangent], name: str, total: Array) -> None:
        """Compute the derivatives by what a part constantly is at leaves."""
        unused = np.empty_like(self.leaves), self.code.new_gradients()
        whole = self._backward(given, *unused, complete=True)
        total[self.order.leaves] = whole[name][self.order.leaves]

    def _backward(
        self, given: Mapping[str, Cotangent], to_leaves: Array, gradients: list[Array], complete: bool
    ) -> dict[str, Array]:
        code = self.code
        totals = {name: _total(given.get(name), array) for name, array in self.states.items()}
        code.module.backward(
            complete, *self._arguments(), *totals.values(), to_leaves, code.E, *code.products, code.sums,
            *self.memory.Q, *code.parameters("backward"), *(gradients[k] for k in code.wanted),
        )  # fmt: skip
        return totals


def _total(given: Cotangent | None, like: Array) -> Array:
    if isinstance(given, np.ndarray):
        return given.copy()
    total = np.zeros_like(like)
    if isinstance(given, SparseRows):
        given.add_to(total)
    return total


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
    if not JIT_ENABLED or leaves.dtype.char not in "fd" or len(forest.left) == leaves.shape[0]:
        return None
    code = compiled(cell, leaves.dtype)
    if isinstance(code, Refusal):
        return code
    run = _Run(code, forest, np.ascontiguousarray(leaves.data), state.recording_graph)
    if not state.recording_graph:
        return {name: Tensor(array) for name, array in run.states.items()}
    gradients = {p.name: LazyGradient() if p.leaf == "zero" else Gradient() for p in code.trace.parts}
    operands = [leaves, *code.trace.parameters]
    numbers = [k for k, operand in enumerate(operands) if operand._node is not None]
    vjps = tuple(partial(run.result, gradients, k, k == numbers[-1]) for k in numbers)
    parents: Any = tuple(operands[k]._node for k in numbers)
    storages = tuple(o._storage for o in operands if o._storage is not None)
    node = Node(FOLD, parents, vjps, _ZERO, storages)
    tensors = {}
    for name, array in run.states.items():
        part = Node(STATES, (node,), (partial(run.give, name),), array)
        part.gradient = gradients[name]
        tensors[name] = Tensor(array, part)
    return tensors
