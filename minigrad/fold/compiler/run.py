"""fold(mode="compiled"): the emitted functions as one operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minigrad.cotangent import Cotangent, as_dense
from minigrad.fold.cell import Cell
from minigrad.fold.compiler import build
from minigrad.fold.compiler.order import tiles
from minigrad.fold.compiler.trace import trace
from minigrad.fold.schedule import Trees
from minigrad.errors import GraphError
from minigrad.graph import Gradient, Node, state
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.kernels.product import packed_size
from minigrad.primitive import Operation
from minigrad.symbol import Symbol
from minigrad.tensor import Tensor

Array = np.ndarray
TILE = 32


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


class CompiledCell:
    """A cell's emitted functions, and the memory they work in."""

    def __init__(self, cell: Cell, dtype: Any) -> None:
        self.trace = trace(cell, dtype)
        self.emitter, self.source = build.write(self.trace, f"{type(cell).__name__}, {np.dtype(dtype)}")
        self.module = build.load(self.source)
        self.layout = self.emitter.layout
        self.chain = cell.right_parts is not None
        plan = self.emitter.plan
        self.packed = {}
        for name, sweep in (("P", plan.forward), ("Q", plan.backward)):
            sizes = [(r.k[1] - r.k[0], r.n[1] - r.n[0]) for r in sweep.rectangles]
            self.packed[name] = [
                np.zeros(int(packed_size(k, n)), dtype) for k, n in sizes
            ]
        largest = max(
            [(r.k[1] - r.k[0]) * (r.n[1] - r.n[0]) for s in (plan.forward, plan.backward) for r in s.rectangles],
            default=0,
        )
        self.buffer = np.empty(largest, dtype)
        self.tile_space = np.empty((TILE, self.layout.tile_width), dtype)
        self._pool: list[Array] = []

    def workspace(self, n: int) -> Array:
        """Return an array of at least n rows, to be given back."""
        if self._pool and len(self._pool[-1]) >= n:
            return self._pool.pop()
        return np.empty((max(64, n + n // 4), self.layout.width), self.trace.dtype)

    def give_back(self, workspace: Array) -> None:
        """Take a workspace for the next run."""
        if len(self._pool) < 2:
            self._pool.append(workspace)

    def pack(self, which: str, packed: str) -> None:
        """Pack the parameters as they are now."""
        names = getattr(self.emitter, f"{which}_used")
        parameters = [self.trace.parameters[k].data for k in names]
        getattr(self.module, which)(self.buffer, *parameters, *self.packed[packed])


class _Run:
    """One fold: what its backward needs."""

    def __init__(self, code: CompiledCell, forest: Trees, leaves: Tensor) -> None:
        self.code = code
        trace, dtype = code.trace, code.trace.dtype
        self.left, self.right = forest.left, forest.right
        self.is_leaf = self.left < 0
        self.leaf_rows = np.flatnonzero(self.is_leaf)
        n = len(self.left)
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
        self.masks = [rng.random((n, s.shape[1])) >= p if len(self.rows) else np.ones((1, 1), bool) for s, p, rng in trace.masks]
        self.workspace = code.workspace(len(self.rows))
        self.leaves = leaves.data
        code.pack("pack_forward", "P")
        code.module.forward(
            *self._arguments(), *self.states.values(), *([leaves.data] if code.chain else []), *code.packed["P"]
        )
        self.cotangents: dict[str, Array] = {}
        self.gradients = {part.name: Gradient() for part in trace.parts}

    def __del__(self) -> None:
        if hasattr(self, "workspace"):
            self.code.give_back(self.workspace)

    def _arguments(self) -> list[Array]:
        vectors = [p.data.reshape(-1) for p in (self.code.trace.parameters[s.args[0]] for s in self.code.emitter.weights)]
        return [
            self.workspace, self.code.tile_space, self.tiles, self.rows, self.left, self.right, self.left_leaf, self.right_leaf,
            *vectors, *self.masks,
        ]  # fmt: skip

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
        code.pack("pack_backward", "Q")
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
        plan, trace = self.code.emitter.plan, self.code.trace
        known: dict[Symbol, Any] = {}
        for s, (number, k, n) in plan.products.items():
            height, width = s.shape
            known[s] = weights[number][k : k + height, n : n + width]
        for s, start in plan.sums.items():
            known[s] = sums[start : start + s.shape[0]]
        return [
            np.zeros_like(p.data) if g is None else np.ascontiguousarray(_evaluate(g, known)).reshape(p.shape)
            for p, g in zip(trace.parameters, trace.parameter_gradients, strict=True)
        ]


_NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative,
    "transpose": np.transpose,
}  # fmt: skip


def _evaluate(s: Any, known: dict[Symbol, Any]) -> Any:
    """Compute a symbol of the size of weights."""
    if not isinstance(s, Symbol):
        return s
    if s not in known:
        known[s] = _NUMPY[s.op](*(_evaluate(a, known) for a in s.args))
    return known[s]


_compiled: WeakKeyDictionary[Cell, dict[Any, CompiledCell]] = WeakKeyDictionary()


def compiled(cell: Cell, dtype: Any) -> CompiledCell:
    """Return a cell's compiled form; compiled anew when an attribute of the cell was set."""
    key = (np.dtype(dtype), tuple((name, id(value)) for name, value in vars(cell).items()), cell.training)
    forms = _compiled.setdefault(cell, {})
    if key not in forms:
        forms.clear()
        forms[key] = CompiledCell(cell, dtype)
    return forms[key]


def run(cell: Cell, forest: Trees, leaves: Tensor) -> Mapping[str, Tensor] | None:
    """Run a cell by compiled code; return one tensor per part, or None if it can't be compiled."""
    if not JIT_ENABLED or leaves.dtype.char not in "fd":
        return None
    try:
        code = compiled(cell, leaves.dtype)
    except GraphError:
        raise
    except Exception as error:
        import os, traceback
        if os.environ.get('MGDEBUG'): traceback.print_exc()
        return None
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

    used = [k for k, operand in enumerate(operands) if operand._node is not None]
    last = used[-1] if used else -1
    for k in used:
        parents.append(operands[k]._node)
        vjps.append(vjp(k))
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
