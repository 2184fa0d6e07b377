"""One direction of a cell: which loops and which products, in which order, reading and writing what.

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
        self.live = live(targets, given)
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
            for run in runs(feeds[xs[0]], self.blocks):
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


def live(targets: Sequence[Symbol], given: set[Symbol]) -> dict[Symbol, None]:
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


def runs(blocks: Iterable[Symbol], columns: Columns) -> list[list[Symbol]]:
    """Split blocks into those that stand side by side."""
    runs: list[list[Symbol]] = []
    end = -1
    for b in sorted(blocks, key=lambda b: columns.start[b]):
        if columns.start[b] != end:
            runs.append([])
        runs[-1].append(b)
        end = columns.start[b] + b.shape[1]
    return runs
