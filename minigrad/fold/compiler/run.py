"""fold(mode="compiled"): the emitted functions as one operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, as_dense
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.code import TILE, CompiledCell
from minigrad.fold.compiler.forms import Forms, Refusal
from minigrad.fold.compiler.order import tiles
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


FOLD = Operation(_fold, "compiled fold")
STATES = _States(_states, "states")
_ZERO = np.zeros(())


class _Run:
    """One fold: what its backward needs."""

    def __init__(self, code: CompiledCell, forest: Trees, leaves: Tensor) -> None:
        self.code = code
        trace, dtype = code.trace, code.trace.dtype
        self.is_leaf = forest.left < 0
        self.leaf_rows = np.flatnonzero(self.is_leaf)
        n = len(self.is_leaf)
        self.rows, self.tiles = tiles(forest.left, forest.right, forest.height, TILE)
        self.left, self.right = forest.left[self.rows], forest.right[self.rows]
        self.left_leaf, self.right_leaf = self.is_leaf[self.left], self.is_leaf[self.right]
        if code.chain:
            self.right = (np.cumsum(self.is_leaf) - 1)[self.right]
        self.states: dict[str, Array] = {}
        for part in trace.parts:
            array = np.zeros((n, part.width), dtype)
            if part.leaf == "vector" and not code.chain:
                array[self.leaf_rows] = leaves.data
            self.states[part.name] = array
        self.masks = [
            rng.random((n, s.shape[1])) >= p if len(self.rows) else np.ones((1, 1), bool)
            for s, p, rng in trace.masks
        ]
        self.workspace = code.workspace(len(self.rows))
        self.leaves = leaves.data
        code.pack("forward", "P")
        code.module.forward(
            *self._arguments(),
            *self.states.values(),
            *([leaves.data] if code.chain else []),
            *code.packed["P"],
        )
        self.cotangents: dict[str, Array] = {}
        self.gradients = {part.name: Gradient() for part in trace.parts}

    def __del__(self) -> None:
        if hasattr(self, "workspace"):
            self.code.give_back(self.workspace)

    def _arguments(self) -> list[Array]:
        vectors = [
            p.data.reshape(-1)
            for p in (self.code.trace.parameters[s.args[0]] for s in self.code.emitter.weights)
        ]
        order = [self.tiles, self.rows, self.left, self.right, self.left_leaf, self.right_leaf]
        return [self.workspace, self.code.tile_space, *order, *vectors, *self.masks]

    def differentiate(self) -> list[Array]:
        """Return the derivatives with respect to the leaves and to every parameter."""
        code, trace = self.code, self.code.trace
        totals = {}
        for part in trace.parts:
            given = self.cotangents.get(part.name)
            totals[part.name] = np.zeros_like(self.states[part.name]) if given is None else given.copy()
            self.gradients[part.name].value = totals[part.name]
        self.cotangents = {}
        plan = code.emitter.plan
        weights = [np.zeros((p.k[1] - p.k[0], p.n[1] - p.n[0]), trace.dtype) for p in plan.weight_products]
        sums = np.zeros(max(1, plan.backward.operands.width), trace.dtype)
        to_leaves = np.zeros_like(self.leaves)
        code.pack("backward", "Q")
        code.module.backward(
            *self._arguments(), *totals.values(), *([to_leaves] if code.chain else []), *weights, sums,
            *code.packed["Q"],
        )  # fmt: skip
        if not code.chain:
            for part in trace.parts:
                if part.leaf == "vector":
                    to_leaves += totals[part.name][self.leaf_rows]
        return [to_leaves, *self._parameter_gradients(weights, sums)]

    def _parameter_gradients(self, weights: list[Array], sums: Array) -> list[Array]:
        symbols, parameters = self.code.trace.parameter_gradients, self.code.trace.parameters
        gradients = [
            np.zeros_like(p.data) if g is None else np.empty_like(p.data)
            for p, g in zip(parameters, symbols, strict=True)
        ]
        used = [out for out, g in zip(gradients, symbols, strict=True) if g is not None]
        self.code.module.gradients(*weights, sums, *used)
        return gradients


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
    run = _Run(code, forest, leaves)
    if not state.recording_graph:
        return {name: Tensor(array) for name, array in run.states.items()}
    operands = [leaves, *code.trace.parameters]
    parents, vjps = [], []
    results: list[Array] = []

    def vjp(position: int) -> Callable[[Any], Array]:
        def result(g: Any) -> Array:
            if not results:
                results.extend(run.differentiate())
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
        part.gradient = run.gradients[name]
        tensors[name] = Tensor(array, part)
    return tensors
