"""Trace a cell: run its ``compose`` on symbols, and differentiate the traced graph with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from minigrad.context import thread
from minigrad.errors import ShapeError
from minigrad.fold.cell import Cell, Child, ComposeContext, Part, composed
from minigrad.fold.compiler.names import Place
from minigrad.fold.compiler.reads import Reads
from minigrad.fold.compiler.repeat import Repetition, differs
from minigrad.fold.compiler.rewrite import separated
from minigrad.fold.compiler.rowwise import FUNCTIONS
from minigrad.fold.compiler.views import solid
from minigrad.graph import Meta, Node, backward, reachable
from minigrad.nn import Parameter
from minigrad.symbol import OTHER_ROWS, ROWS, Symbol, SymbolTable, UnsupportedError
from minigrad.tensor import Tensor

SIDES = ("left", "right")


@dataclass
class Trace(ComposeContext):
    """What a cell computes, and its derivatives, as symbols.

    Attributes
    ----------
    parts : tuple of Part
        Of the state; ``children`` are those of the left and of the right child.
    rows : int
        Stands for the number of rows.
    inputs : dict (side, part name) -> Symbol
        The children's states, (ROWS, width).
    outputs : dict part name -> Symbol
    cotangents : dict part name -> Symbol
        Stand for the gradients of the loss with respect to the outputs.
    child_gradients : dict (side, part name) -> Symbol
        What the node contributes to its children's gradients; a child part that gets nothing is missing.
    parameters : list of Parameter
    names : list of str
        Of the parameters.
    parameter_symbols, parameter_gradients : lists, one entry per parameter
        The gradient is None where the outputs do not depend on the parameter.
    masks : list of (Symbol, p, Generator)
        The dropouts of ``compose``, in order.
    derived : list of Symbol
        What is computed of parameters alone and read by rows, which read it as parameters whose numbers
        follow those of `parameters`.
    butterflies : list of (first, second, turned)
        Numbers of two parameters in whose places rows read their half sum and their half difference, and
        whose gradients have to be made of those: by a half sum and a half difference again, which are the
        second's and the first's if `turned`.
    """

    parts: tuple[Part, ...]
    children: dict[str, tuple[Part, ...]]
    dtype: np.dtype[Any]
    rows: int = ROWS
    table: SymbolTable = field(default_factory=lambda: SymbolTable(functions=FUNCTIONS))
    inputs: dict[tuple[str, str], Symbol] = field(default_factory=dict)
    outputs: dict[str, Symbol] = field(default_factory=dict)
    cotangents: dict[str, Symbol] = field(default_factory=dict)
    child_gradients: dict[tuple[str, str], Symbol] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parameter_symbols: list[Symbol] = field(default_factory=list)
    parameter_gradients: list[Symbol | None] = field(default_factory=list)
    masks: list[tuple[Symbol, float, np.random.Generator]] = field(default_factory=list)
    derived: list[Symbol] = field(default_factory=list)
    butterflies: list[tuple[int, int, bool]] = field(default_factory=list)

    @property
    def halved(self) -> list[int]:
        """The numbers of all parameters that are in a butterfly."""
        return [number for first, second, _ in self.butterflies for number in (first, second)]

    @property
    def weight_names(self) -> list[str]:
        """Names of what rows read: the parameters, and what is derived from them."""
        return [*self.names, *(f"derived {k}" for k in range(len(self.derived)))]

    def source(self, kind: str, *which: Any, shape: tuple[int, ...], dtype: Any = None) -> Symbol:
        """Return a symbol for an input, which is given and not computed."""
        return self.table.make(kind, which, shape, dtype or self.dtype)

    def mask(self, shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Symbol:
        """Return the mask of the next dropout."""
        symbol = self.source("mask", len(self.masks), shape=shape, dtype=np.bool_)
        self.masks.append((symbol, p, rng))
        return symbol


def trace(cell: Cell, dtype: Any = None, reads: Reads | None = None) -> Trace:
    """Trace a cell's ``compose`` and its derivative.

    Parameters
    ----------
    cell : Cell
    dtype
        float32 or float64; that of the cell's parameters if left out, and float32 if it has none.
    reads : Reads, optional
        Of the cell; it learns what ``compose`` reads.

    Raises
    ------
    TypeError
        If the parameters have another dtype, or several; the text names one.
    UnsupportedError
        If an op can't be described by symbols; the text names it.
    ReadError
        If ``compose`` reads something whose changes can't be noticed, or is not the same when it runs again;
        the text names the line.
    GraphError
        If ``compose`` branches on a value or changes a tensor in place.
    """
    if not isinstance(cell, Cell):
        raise UnsupportedError(f"{type(cell).__name__}, which composes any number of children")
    reads = reads or Reads(cell)
    children = {"left": cell.parts, "right": cell.right_parts or cell.parts}
    parameters = cell.parameters()
    alternative = "" if dtype is None else "leave dtype out, or "
    if dtype is None:
        dtype = next((parameter.dtype for parameter in parameters), np.float32)
    traced = Trace(cell.parts, children, np.dtype(dtype), parameters=parameters)
    for name, parameter in cell.named_parameters():
        traced.names.append(name)
        if parameter.dtype != traced.dtype:
            raise TypeError(
                f"{name} of {type(cell).__name__} is {parameter.dtype}, not {traced.dtype}; {alternative}"
                f"convert the cell with cell.astype(np.{traced.dtype})"
            )
    with _symbols_for_parameters(traced):
        tensors, sides = _children(traced)
        with reads.recording():
            parent = composed(cell, *sides)
        _repeat(cell, traced, parent, reads)
        _complete(traced, tensors, parent)
    return separated(traced)


@contextmanager
def _symbols_for_parameters(traced: Trace) -> Iterator[None]:
    """Let the parameters' values be symbols in this block, and compute in the context of the trace."""
    values = [(parameter.data, parameter.grad) for parameter in traced.parameters]
    try:
        for k, parameter in enumerate(traced.parameters):
            symbol: Any = traced.source("parameter", k, shape=parameter.shape)
            traced.parameter_symbols.append(symbol)
            parameter.data, parameter.grad = symbol, None
        with thread.state.using(context=traced, meta=Meta(), observers=(), recording_graph=True):
            yield
    finally:
        traced.table.open = False
        for parameter, (value, gradient) in zip(traced.parameters, values, strict=True):
            parameter.data, parameter.grad = value, gradient


def _children(traced: Trace) -> tuple[dict[tuple[str, str], Tensor], list[Child]]:
    """Return the tensors of the children's states, and both children."""
    tensors: dict[tuple[str, str], Tensor] = {}
    sides = []
    for side in SIDES:
        for part in traced.children[side]:
            symbol = traced.source("child", side, part.name, shape=(traced.rows, part.width))
            traced.inputs[side, part.name] = symbol
            tensors[side, part.name] = _leaf(symbol)
        is_leaf: Any = traced.source("is_leaf", side, shape=(traced.rows, 1), dtype=np.bool_)
        sides.append(Child({p.name: tensors[side, p.name] for p in traced.children[side]}, is_leaf))
    return tensors, sides


def _repeat(cell: Cell, traced: Trace, parent: dict[str, Tensor], reads: Reads) -> None:
    """Run ``compose`` once more, with another number of rows, and raise ReadError if that matters."""
    table = Repetition(traced.table)
    again = Trace(
        traced.parts, traced.children, traced.dtype, OTHER_ROWS, table, parameters=traced.parameters
    )
    reads.check()
    with _symbols_for_parameters(again):
        sides = _children(again)[1]
        try:
            with reads.recording():
                repeated = composed(cell, *sides)
        finally:
            reads.check()  # names what differs better than the line where that shows
    results = [
        ([getattr(state.data, "id", None) for state in one.values()], [mask[1:] for mask in of.masks])
        for one, of in ((parent, traced), (repeated, again))
    ]
    if results[0] != results[1] or len(table.symbols) != len(traced.table.symbols):
        raise differs(Place.of(type(cell).compose))


def _complete(traced: Trace, tensors: dict[tuple[str, str], Tensor], parent: dict[str, Tensor]) -> None:
    """Add the outputs and the derivatives."""
    for part in traced.parts:
        out: Any = parent[part.name].data
        if not isinstance(out, Symbol):
            raise UnsupportedError(f"a constant for part {part.name}")
        if out.shape != (ROWS, part.width):
            raise ShapeError(f"part {part.name!r} has the wrong width")
        traced.outputs[part.name] = solid(out)
        cotangent = traced.source("cotangent", part.name, shape=(ROWS, part.width))
        traced.cotangents[part.name] = cotangent
    outputs = [(parent[p.name], traced.cotangents[p.name]) for p in traced.parts]
    _differentiate(outputs, traced)
    for key, tensor in tensors.items():
        gradient: Any = tensor.grad
        if gradient is not None:
            traced.child_gradients[key] = solid(gradient)
    traced.parameter_gradients = [cast(Any, p.grad) for p in traced.parameters]


def _leaf(symbol: Any) -> Tensor:
    return Tensor(symbol, Node.leaf(symbol))


def _differentiate(outputs: list[tuple[Tensor, Symbol]], traced: Trace) -> None:
    """Run backward from all outputs at once."""
    differentiable = [(out._node, cotangent) for out, cotangent in outputs if out._node is not None]
    for node, _ in differentiable:
        for inner in reachable(node):
            if inner.op is not None:
                _probe(inner, traced)
    parents = tuple(node for node, _ in differentiable)
    vjps = tuple((lambda g, cotangent=cotangent: cotangent) for _, cotangent in differentiable)
    one = np.ones(())
    backward(Node(_Together, parents, vjps, one), one)


def _probe(node: Node, traced: Trace) -> None:
    """Dry-run each vjp of an op, so that the error names an op whose derivative can't be traced."""
    try:
        g = traced.source("probe", node.shape, shape=node.shape, dtype=node.dtype)
        for vjp in node.vjps or ():
            vjp(g)
    except UnsupportedError as error:
        raise UnsupportedError(f"the derivative of {node.op.name} ({error})") from None


class _Together:
    """The op of an artificial root above all outputs."""

    name = "outputs"
    fresh = False

    @staticmethod
    def accept(g: Any) -> Any:
        return g
