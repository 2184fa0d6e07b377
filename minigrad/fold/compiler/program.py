"""A cell as a program: what is computed at a tree node, forward and backward, and over all nodes.

A *sweep* is the work at a node in one direction: stages of elementwise loops, with products of rows and
weight matrices between them. A product is added to a *sum*, one symbol for every sum of products.
`program_of` writes down what a trace says, one operation at a time; passes.py makes better programs of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from minigrad.fold.compiler.outer import Outer, outer, reductions
from minigrad.fold.compiler.trace import Trace
from minigrad.fold.compiler.views import (
    COPIES,
    ROW_OPS,
    SOURCES,
    is_product,
    is_rows,
    reached,
    statements,
    stored,
)
from minigrad.symbol import Symbol


class Loop(NamedTuple):
    """Statements that are computed together, element by element; or one of `ROW_OPS`, by itself.

    Attributes
    ----------
    width : int
        Columns; of one of `ROW_OPS`, those that it reads.
    statements : tuple of Symbol
    """

    width: int
    statements: tuple[Symbol, ...]

    @property
    def kind(self) -> Any:
        """What loops have to have in common to be fused."""
        (first, *_) = self.statements
        return first if first.op in ROW_OPS else self.width


class Cell(NamedTuple):
    """A weight in the matrix of a product: operand · weight is added to a sum."""

    operand: Symbol
    sum: Symbol
    weight: Symbol


class Product(NamedTuple):
    """Rows of some operands, side by side, times one matrix.

    Attributes
    ----------
    cells : tuple of Cell
        What the matrix is put together from.
    side : "left", "right", "either" or None
        Set if only nodes whose child on that side is not a leaf take part; "either": that have such a child.
    """

    cells: tuple[Cell, ...]
    side: str | None = None

    @property
    def operands(self) -> tuple[Symbol, ...]:
        """The operands, in the order of their first cells."""
        return tuple(dict.fromkeys(cell.operand for cell in self.cells))

    @property
    def sums(self) -> tuple[Symbol, ...]:
        """What is added to."""
        return tuple(dict.fromkeys(cell.sum for cell in self.cells))


class Stage(NamedTuple):
    """Loops, and then products, none of which needs another product of the stage."""

    loops: tuple[Loop, ...]
    products: tuple[Product, ...]


class Sum(NamedTuple):
    """How a symbol is computed from products: their sum, and what else is added."""

    products: tuple[Symbol, ...]
    others: tuple[Any, ...]


@dataclass(frozen=True)
class Sweep:
    """One direction.

    Attributes
    ----------
    targets : tuple of Symbol
        What is to be computed.
    given : frozenset of Symbol
        What is available already.
    stages : tuple of Stage
    sums : dict Symbol -> Sum
        How the symbols that products are added to are computed.
    bare : frozenset of Symbol
        Sums of products only that are read where products accumulate, and never copied by a loop.
    keeps : bool
        Whether operands that are computed here are kept for the other direction.
    """

    targets: tuple[Symbol, ...]
    given: frozenset[Symbol]
    stages: tuple[Stage, ...]
    sums: Mapping[Symbol, Sum]
    keeps: bool
    bare: frozenset[Symbol] = frozenset()

    def computed(self, s: Any) -> bool:
        """Tell whether a symbol is computed in this sweep, rather than given to it."""
        ours = is_rows(s) and s not in self.given and s in self.live
        return ours and s.op not in SOURCES and s.op != "columns"

    @cached_property
    def live(self) -> dict[Symbol, None]:
        """All that the targets depend on, in order of creation."""
        return live(self.targets, self.given)

    @property
    def loops(self) -> Iterator[Loop]:
        """All loops, in order."""
        return itertools.chain.from_iterable(stage.loops for stage in self.stages)

    @property
    def products(self) -> Iterator[Product]:
        """All products, in order."""
        return itertools.chain.from_iterable(stage.products for stage in self.stages)

    def reads(self, s: Symbol) -> Sequence[Any]:
        """Return what a loop reads to compute a symbol, besides the products of its sum."""
        if s in self.sums:
            return self.sums[s].others
        return s.args[:1] if s.op in COPIES else s.args

    def waits(self, s: Symbol) -> Iterator[Symbol]:
        """Yield what has to be computed before a loop computes a symbol, besides the products of its sum."""
        return itertools.chain.from_iterable(map(statements, self.reads(s)))


class WeightProduct(NamedTuple):
    """Xᵀ · G over all nodes: forward's operands times backward's.

    Attributes
    ----------
    pairs : tuple of (x, g, Symbol)
        What is multiplied, and the symbol of the result.
    side : "left", "right" or None
        As that of a `Product`.
    """

    pairs: tuple[tuple[Symbol, Symbol, Symbol], ...]
    side: str | None = None

    @property
    def xs(self) -> tuple[Symbol, ...]:
        """Forward's operands."""
        return tuple(dict.fromkeys(x for x, _, _ in self.pairs))

    @property
    def gs(self) -> tuple[Symbol, ...]:
        """Backward's operands."""
        return tuple(dict.fromkeys(g for _, g, _ in self.pairs))


@dataclass(frozen=True)
class Program:
    """A cell's computation.

    Attributes
    ----------
    trace : Trace
    forward, backward : Sweep
    weights : tuple of WeightProduct
    sums : tuple of Symbol
        The sums over all nodes that the parameters' gradients consist of, besides the products.
    saved : tuple of Symbol
        What forward computes and backward reads.
    needed : tuple of Symbol
        All that backward computes from, in order of creation.
    gathered : tuple of Symbol
        Operands that are a sum or a difference of the children's states. They are computed where those are
        gathered, in forward and again in backward, which costs less than to keep them.
    outer : Outer or None
        What NumPy does with the weights before and after a fold.
    """

    trace: Trace
    forward: Sweep
    backward: Sweep
    weights: tuple[WeightProduct, ...]
    sums: tuple[Symbol, ...]
    saved: tuple[Symbol, ...]
    needed: tuple[Symbol, ...]
    gathered: tuple[Symbol, ...]
    outer: Outer | None

    @property
    def gradients(self) -> list[tuple[tuple[int, ...], Symbol | None]]:
        """What backward gives for the weights, one vector after the other: shape and symbol."""
        if self.outer is not None:
            return [(s.shape, s) for s in self.outer.exports]
        traced = self.trace
        return [(p.shape, g) for p, g in zip(traced.parameters, traced.parameter_gradients, strict=True)]

    def map_sweeps(self, change: Any) -> Program:
        """Return the program with another forward and backward."""
        return replace(self, forward=change(self.forward), backward=change(self.backward))


def program_of(traced: Trace) -> Program:
    """Return the program that computes what a trace says, one operation after another."""
    transposed, summed = reductions(traced)
    dependent = _dependent(traced)
    values = [
        *traced.child_gradients.values(),
        *(p.args[1] for p in transposed),
        *(c.args[0] for c in summed),
    ]
    needed = live(values, frozenset())
    read = dict.fromkeys(stored(a) for u in needed if u in dependent for a in u.args)
    pairs = [(p.args[0].args[0], p.args[1], p) for p in transposed]
    operands = [x for x, _, _ in pairs if x not in dependent]
    gathered = tuple(dict.fromkeys(filter(_is_gathered, operands)))
    kept = [s for s in needed if s in read and is_rows(s) and s not in dependent and s.op not in SOURCES]
    saved = [s for s in kept if s not in gathered]
    targets = dict.fromkeys([*traced.outputs.values(), *saved, *operands])
    given = frozenset(s for s in needed if s not in dependent)
    return Program(
        traced,
        _one_by_one(targets, frozenset(gathered), keeps=True),
        _one_by_one(dict.fromkeys(values), given, keeps=False),
        tuple(WeightProduct((pair,)) for pair in pairs),
        tuple(summed),
        tuple(saved),
        tuple(needed),
        gathered,
        outer(traced),
    )


def _is_gathered(x: Symbol) -> bool:
    return x.op in ("add", "sub") and all(
        isinstance(a, Symbol) and a.op == "child" and a.shape == x.shape for a in x.args
    )


def _one_by_one(targets: Iterable[Symbol], given: frozenset[Symbol], keeps: bool) -> Sweep:
    """Return a sweep in which each operation is a stage of its own, and each product a sum of its own."""
    empty = Sweep(tuple(targets), given, (), {}, keeps)
    stages: list[Stage] = []
    sums: dict[Symbol, Sum] = {}
    for s in filter(empty.computed, empty.live):
        if is_product(s):
            stages.append(Stage((), (Product((Cell(s.args[0], s, s.args[1]),)),)))
            sums[s] = Sum((s,), ())
        if s.op != "concat":  # which its places make up
            width = s.args[0].shape[1] if s.op in ROW_OPS else s.shape[1]
            stages.append(Stage((Loop(width, (s,)),), ()))
    return replace(empty, stages=tuple(stages), sums=sums)


def live(targets: Iterable[Symbol], given: frozenset[Symbol]) -> dict[Symbol, None]:
    """Return all symbols that the targets depend on, in order of creation, stopping at those given."""
    return dict.fromkeys(reached(targets, lambda s: s not in given and is_rows(s)))


def _dependent(traced: Trace) -> set[Symbol]:
    """Return the symbols that depend on a cotangent: those of the backward sweep."""
    dependent: set[Symbol] = set()
    for s in traced.table.symbols:
        zero = s.op == "place" and not isinstance(s.args[0], Symbol)  # what is beside the gradient of a slice
        if s.op == "cotangent" or zero or any(isinstance(a, Symbol) and a in dependent for a in s.args):
            dependent.add(s)
    return dependent
