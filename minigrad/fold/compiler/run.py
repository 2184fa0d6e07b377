"""fold(mode="compiled"): the emitted functions as one operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Cotangent, Gradient
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.evaluation import Evaluation
from minigrad.fold.compiler.forms import Forms
from minigrad.fold.compiler.order import TILE
from minigrad.fold.compiler.passes import Pass
from minigrad.fold.compiler.refusal import LEVEL, Refusal
from minigrad.fold.compiler.writer import CHUNK
from minigrad.fold.schedule import Trees
from minigrad.graph import Node
from minigrad.internal.flat import cut
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
        return g  # the fold replaces it by the total, which includes what comes through the ancestors


FOLD = Operation(_fold, "compiled fold")
FOLD.fresh = True
STATES = _States(_states, "states")
FOLD.stackable = STATES.stackable = False  # together they are one function
_ZERO = np.zeros(())


class _Run:
    """A fold in the graph: its vjps, which are called once for each part and once for each operand."""

    def __init__(self, evaluation: Evaluation, gradients: Mapping[str, Gradient]) -> None:
        self._evaluation, self._gradients = evaluation, gradients
        self._given: dict[str, Cotangent] = {}
        self._results: list[Array] = []

    def give(self, name: str, g: Cotangent) -> Array:
        """Take the cotangent of a state part, as the vjp of its node."""
        self._given[name] = g
        return _ZERO

    def result(self, number: int, last: bool, g: Cotangent) -> Array:
        """Return a gradient, as the vjp of the fold: operand 0 is the leaves, the others the parameters."""
        if not self._results:
            given, self._given = self._given, {}
            code = self._evaluation.code
            to_parameters = np.empty(code.size, code.dtype)
            to_leaves = self._evaluation.differentiate(given, self._gradients, to_parameters)
            self._results = [to_leaves, *cut(to_parameters, self._evaluation.parameters)]
        out = self._results[number]
        if last:
            self._results = []
        return out


_forms = Forms(CompiledCell)
compiled = _forms.find


def compile_with(cell: Cell, dtype: Any, passes: Iterable[Pass] | None = None, chunk: int = CHUNK) -> None:
    """Compile a cell in its current state with these passes from now on; the benchmark leaves some out."""
    _forms.put(cell, dtype, lambda reads: CompiledCell(cell, dtype, reads, passes, chunk))


def ready(cell: Cell, dtype: Any) -> CompiledCell | Refusal | None:
    """Return the compiled form of a cell, with the parameters' values up to date.

    Returns
    -------
    A refusal if the cell can't be compiled, None if compilation does not apply: for another dtype.
    """
    if dtype.char not in "fd":
        return None
    code = compiled(cell, dtype)
    if isinstance(code, Refusal):
        return code
    code.values.update()
    if not code.values.of_dtype:  # since it was traced, a parameter's values have been replaced
        error = TypeError(f"the parameters of {type(cell).__name__} are not all {dtype}")
        return Refusal(error, f"convert the cell with cell.astype(np.{dtype}), {LEVEL}")
    return code


def evaluate(
    code: CompiledCell, forest: Trees, table: Array, entries: Callable[[Array], Array], keep: bool
) -> Evaluation:
    """Compute the states of all nodes; see `Evaluation`."""
    nodes = len(forest.left)
    memory = code.take(nodes // 2 if keep else TILE)  # less than half of a binary tree's nodes are inner ones
    states = np.empty(nodes * code.width, code.dtype)
    table = np.ascontiguousarray(table)
    evaluation = Evaluation(code, forest, table, entries, memory, code.masks(nodes), states)
    evaluation.forward(keep)
    return evaluation


def run(cell: Cell, forest: Trees, leaves: Tensor) -> Mapping[str, Tensor] | Refusal | None:
    """Run a cell by compiled code; return one tensor per part.

    Returns
    -------
    A refusal if the cell can't be compiled, None if compilation does not apply: for another dtype, and for
    trees of one leaf.
    """
    if len(forest.left) == leaves.shape[0]:
        return None
    code = ready(cell, leaves.dtype)
    if not isinstance(code, CompiledCell):
        return code
    evaluation = evaluate(code, forest, leaves.data, _numbers, thread.state.recording_graph)
    if not thread.state.recording_graph:
        return {name: Tensor(array) for name, array in evaluation.states.items()}
    gradients = evaluation.new_gradients()
    run = _Run(evaluation, gradients)
    operands = [leaves, *evaluation.parameters]
    numbers = [k for k, operand in enumerate(operands) if operand._node is not None]
    vjps = tuple(partial(run.result, k, k == numbers[-1]) for k in numbers)
    parents: Any = tuple(operands[k]._node for k in numbers)
    storages = tuple(o._storage for o in operands if o._storage is not None)
    node = Node(FOLD, parents, vjps, _ZERO, storages, thread.state.meta)
    parts = {
        name: Node(STATES, (node,), (partial(run.give, name),), array, (), thread.state.meta)
        for name, array in evaluation.states.items()
    }
    for name, part in parts.items():
        part.gradient = gradients[name]
    return {name: Tensor(array, parts[name]) for name, array in evaluation.states.items()}


def _numbers(leaves: Array) -> Array:
    """Return the table's row of each leaf: leaf k has row k."""
    return np.arange(len(leaves))
