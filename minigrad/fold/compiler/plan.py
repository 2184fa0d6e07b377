"""From symbols to a plan: which loops and which products, in which order, reading and writing what.

A *sweep* is what happens at a tree node, forward or backward: stages of elementwise loops, and products
between the stages. Products are summed where the equations sum them (a *block* collects the products of one
sum), and all products of one operand, or of operands that go the same ways, are one *rectangle*: columns of
the operand array times one matrix, added to columns of the block array.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minigrad.fold.compiler.trace import Trace
from minigrad.symbol import ROWS, Symbol

SOURCES = ("child", "is_leaf", "mask", "cotangent", "parameter")


def is_rows(s: Any) -> bool:
    """Tell whether a symbol has a row per tree node."""
    return isinstance(s, Symbol) and len(s.shape) == 2 and s.shape[0] == ROWS


def is_product(s: Any) -> bool:
    """Tell whether a symbol is rows times a matrix of weights."""
    return is_rows(s) and s.op == "matmul"


@dataclass
class Columns:
    """Where symbols stand side by side in the rows of one array."""

    start: dict[Symbol, int] = field(default_factory=dict)
    width: int = 0

    def add(self, symbols: Iterable[Symbol]) -> None:
        """Give each symbol its columns, after those there are."""
        for s in symbols:
            if s not in self.start:
                self.start[s] = self.width
                self.width += s.shape[1]


@dataclass
class Rectangle:
    """One product: rows[:, k] · B added to blocks[:, n].

    ``cells`` are the matrices that B consists of: (first row, first column, weight symbol). ``side`` is set
    where the operand is zero at leaves: only nodes whose child on that side is no leaf take part.
    """

    k: tuple[int, int]
    n: tuple[int, int]
    cells: list[tuple[int, int, Symbol]]
    stage: int
    side: str | None = None


@dataclass
class Loop:
    """Statements that are computed together, element by element."""

    width: int
    statements: list[Symbol]


class Sweep:
    """The plan of one direction.

    Attributes
    ----------
    stages : list of list of Loop
        Before the products of the same number.
    rectangles : list of Rectangle
    terms : dict Symbol -> (bool, list of Symbol)
        For the sums that hold products: what is added to the block.
    operands, blocks, kept : Columns
        Of the array that products read, of the one they are added to, and of the values that are needed
        again: in a later loop, or by the other sweep.
    """

    def __init__(self, targets: Sequence[Symbol], given: set[Symbol], zero: dict[Symbol, str]) -> None:
        self._given = given
        self._zero = zero
        self.targets = list(targets)
        self.live = _live(targets, given)
        self._count_uses()
        self.terms: dict[Symbol, tuple[list[Symbol], list[Any]]] = {}
        self._absorbed: set[Symbol] = set()
        self._collect_sums()
        self.stage: dict[Symbol, int] = {}
        self._assign_stages()
        self.operands, self.blocks, self.kept = Columns(), Columns(), Columns()
        self.rectangles: list[Rectangle] = []
        self._lay_out()
        self.stages = self._loops()

    def computed(self, s: Any) -> bool:
        """Tell whether a symbol is computed in this sweep, rather than given to it."""
        return is_rows(s) and s in self.live and s not in self._given and s.op not in SOURCES

    def _count_uses(self) -> None:
        self._users: dict[Symbol, list[Symbol]] = {s: [] for s in self.live}
        for s in self.live:
            if self.computed(s):
                for a in s.args:
                    if isinstance(a, Symbol) and a in self._users:
                        self._users[a].append(s)

    def _is_absorbed(self, s: Symbol) -> bool:
        users = self._users[s]
        return (
            s.op in ("add", "matmul") and len(users) == 1 and users[0].op == "add" and s not in self.targets
        )

    def _collect_sums(self) -> None:
        for s in self.live:
            if not self.computed(s) or s.op not in ("add", "matmul") or self._is_absorbed(s):
                continue
            products, others, inner = [], [], []
            stack = [s]
            while stack:
                t = stack.pop()
                if is_product(t) and (t is s or self._is_absorbed(t)):
                    products.append(t)
                elif (
                    isinstance(t, Symbol)
                    and t.op == "add"
                    and self.computed(t)
                    and (t is s or self._is_absorbed(t))
                ):
                    inner.append(t)
                    stack += reversed(t.args)
                else:
                    others.append(t)
            if products:
                self.terms[s] = (products, others)
                self._absorbed.update(t for t in (*products, *inner) if t is not s)

    def _assign_stages(self) -> None:
        for s in self.live:
            if not self.computed(s) or s in self._absorbed:
                self.stage[s] = 0
            elif s in self.terms:
                products, others = self.terms[s]
                after = [self.stage[p.args[0]] + 1 for p in products]
                self.stage[s] = max([*after, *(self.stage.get(o, 0) for o in others if is_rows(o))])
            else:
                self.stage[s] = max((self.stage.get(a, 0) for a in s.args if is_rows(a)), default=0)

    def _lay_out(self) -> None:
        feeds: dict[Symbol, dict[Symbol, list[Symbol]]] = {}
        for block, (products, _) in self.terms.items():
            for p in products:
                feeds.setdefault(p.args[0], {}).setdefault(block, []).append(p.args[1])
        groups: dict[Any, list[Symbol]] = {}
        for x in sorted(feeds, key=lambda s: s.id):
            to = tuple(sorted(b.id for b in feeds[x]))
            groups.setdefault((self.stage[x], self._zero.get(x), to), []).append(x)
        self.blocks.add(_contiguous(list(self.terms), [list(feeds[xs[0]]) for xs in groups.values()]))
        for (stage, side, _), xs in groups.items():
            self.operands.add(xs)
            for run in _runs(feeds[xs[0]], self.blocks):
                self._add_rectangles(xs, run, feeds, stage, side)

    def _add_rectangles(self, xs: Any, run: list[Symbol], feeds: Any, stage: int, side: Any) -> None:
        # A sum that multiplies one operand by two matrices gives two rectangles.
        layers = max(len(feeds[x][b]) for x in xs for b in run)
        k0, n0 = self.operands.start[xs[0]], self.blocks.start[run[0]]
        k1, n1 = k0 + sum(x.shape[1] for x in xs), n0 + sum(b.shape[1] for b in run)
        for layer in range(layers):
            cells = [
                (self.operands.start[x] - k0, self.blocks.start[b] - n0, feeds[x][b][layer])
                for x in xs
                for b in run
                if layer < len(feeds[x][b])
            ]
            self.rectangles.append(Rectangle((k0, k1), (n0, n1), cells, stage, side))

    def _loops(self) -> list[list[Loop]]:
        order = [s for s in self.live if self.computed(s) and s not in self._absorbed]
        stages: list[list[Loop]] = [[] for _ in range(max([*self.stage.values(), 0]) + 1)]
        place: dict[Symbol, Loop] = {}
        for s in sorted(order, key=lambda s: (self.stage[s], s.id)):
            loops = stages[self.stage[s]]
            if not loops or loops[-1].width != s.shape[1]:
                loops.append(Loop(s.shape[1], []))
            loops[-1].statements.append(s)
            place[s] = loops[-1]
        for s in order:
            used = self.terms[s][1] if s in self.terms else s.args
            self.kept.add(a for a in used if a in place and place[a] is not place[s])
        return stages


def _live(targets: Sequence[Symbol], given: set[Symbol]) -> dict[Symbol, None]:
    """Return all symbols that the targets are computed from, in order, stopping at those given."""
    seen: set[Symbol] = set()
    stack = [t for t in targets if isinstance(t, Symbol)]
    while stack:
        s = stack.pop()
        if s not in seen:
            seen.add(s)
            if s not in given and is_rows(s):
                stack += [a for a in s.args if isinstance(a, Symbol)]
    return dict.fromkeys(sorted(seen, key=lambda s: s.id))


def _contiguous(blocks: list[Symbol], sets: list[list[Symbol]]) -> list[Symbol]:
    """Order blocks so that each of the sets stands together as far as possible."""
    wanted = [set(s) for s in sets]
    kinds: dict[Any, list[Symbol]] = {}
    for b in blocks:
        kinds.setdefault(tuple(b in s for s in wanted), []).append(b)
    keys = list(kinds)
    if len(keys) > 7:
        return blocks

    def runs(order: Sequence[Any]) -> int:
        return sum(
            sum(key[k] and not (i and order[i - 1][k]) for i, key in enumerate(order))
            for k in range(len(wanted))
        )

    best = min(itertools.permutations(keys), key=runs)
    return [b for key in best for b in kinds[key]]


def _runs(blocks: Iterable[Symbol], columns: Columns) -> list[list[Symbol]]:
    """Split blocks into those that stand side by side."""
    runs: list[list[Symbol]] = []
    end = -1
    for b in sorted(blocks, key=lambda b: columns.start[b]):
        if columns.start[b] != end:
            runs.append([])
        runs[-1].append(b)
        end = columns.start[b] + b.shape[1]
    return runs


@dataclass
class WeightProduct:
    """One product over all nodes: operands[:, k]ᵀ · V[:, n], where V holds the backward sweep's operands."""

    k: tuple[int, int]
    n: tuple[int, int]
    side: str | None


class Plan:
    """Both sweeps of a cell, and the products that give the gradients of its weights.

    Attributes
    ----------
    forward, backward : Sweep
    weight_products : list of WeightProduct
    products : dict Symbol -> (number of weight product, first row, first column)
        Where each xᵀ·g of the parameters' gradients is found.
    """

    def __init__(self, traced: Trace) -> None:
        self.trace = traced
        zero = {
            symbol: side
            for (side, name), symbol in traced.inputs.items()
            for part in traced.children[side]
            if part.name == name and part.leaf == "zero"
        }
        transposed, summed = _reductions(traced)
        dependent = _dependent(traced)
        values = [
            *traced.child_gradients.values(),
            *(p.args[1] for p in transposed),
            *(c.args[0] for c in summed),
        ]
        needed = _live(values, set())
        saved = [
            s
            for s in needed
            if is_rows(s)
            and s not in dependent
            and s.op not in SOURCES
            and any(s in (u.args if isinstance(u, Symbol) else ()) for u in needed if u in dependent)
        ]
        operands = [p.args[0].args[0] for p in transposed]
        forward_operands = [x for x in operands if x not in dependent]
        targets = list(dict.fromkeys([*traced.outputs.values(), *saved, *forward_operands]))
        self.forward = Sweep(targets, set(), zero)
        self.forward.operands.add(forward_operands)
        read = {*self.forward.live, *needed}
        self.forward.operands.add(s for s in traced.inputs.values() if s in read)
        self.forward.kept.add(s for s in saved if s not in self.forward.operands.start)
        given = {s for s in needed if s not in dependent}
        self.backward = Sweep(list(dict.fromkeys(values)), given, {})
        self.backward.operands.add(s.args[1] for s in transposed)
        self.backward.operands.add(s.args[0] for s in summed)
        self.sums = {c: self.backward.operands.start[c.args[0]] for c in summed}
        self.weight_products: list[WeightProduct] = []
        self.products: dict[Symbol, tuple[int, int, int]] = {}
        self._lay_out_weight_products(transposed, zero)

    def _lay_out_weight_products(self, transposed: list[Symbol], zero: dict[Symbol, str]) -> None:
        U, V = self.forward.operands, self.backward.operands
        partners: dict[Symbol, list[Symbol]] = {}
        for p in transposed:
            partners.setdefault(p.args[0].args[0], []).append(p.args[1])
        groups: dict[Any, list[Symbol]] = {}
        for x in sorted(partners, key=lambda x: U.start[x]):
            key = (zero.get(x), tuple(sorted(g.id for g in partners[x])))
            last = groups.get(key)
            if last and U.start[last[-1]] + last[-1].shape[1] != U.start[x]:
                key = (*key, x.id)  # not side by side: a product of its own
            groups.setdefault(key, []).append(x)
        by_pair = {(p.args[0].args[0], p.args[1]): p for p in transposed}
        for key, xs in groups.items():
            k0 = U.start[xs[0]]
            for run in _runs(partners[xs[0]], V):
                n0, last_g = V.start[run[0]], run[-1]
                product = WeightProduct(
                    (k0, U.start[xs[-1]] + xs[-1].shape[1]), (n0, V.start[last_g] + last_g.shape[1]), key[0]
                )
                for x, g in itertools.product(xs, run):
                    self.products[by_pair[x, g]] = (
                        len(self.weight_products),
                        U.start[x] - k0,
                        V.start[g] - n0,
                    )
                self.weight_products.append(product)


def _dependent(traced: Trace) -> set[Symbol]:
    """Return the symbols that depend on a cotangent: those of the backward sweep."""
    dependent: set[Symbol] = set()
    for s in traced.table.symbols:
        if s.op == "cotangent" or any(isinstance(a, Symbol) and a in dependent for a in s.args):
            dependent.add(s)
    return dependent


def _reductions(traced: Trace) -> tuple[list[Symbol], list[Symbol]]:
    """Return the products xᵀ·g and the column sums that the parameters' gradients are made of."""
    transposed, summed = [], []
    seen: set[Symbol] = set()
    stack = [g for g in traced.parameter_gradients if g is not None]
    while stack:
        s = stack.pop()
        if s in seen or is_rows(s):
            continue
        seen.add(s)
        if s.op == "matmul" and s.args[0].op == "transpose" and is_rows(s.args[0].args[0]):
            transposed.append(s)
        elif s.op == "column_sums":
            summed.append(s)
        else:
            stack += [a for a in s.args if isinstance(a, Symbol)]
    return sorted(transposed, key=lambda s: s.id), sorted(summed, key=lambda s: s.id)
