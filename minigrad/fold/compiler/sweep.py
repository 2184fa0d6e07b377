"""One direction of a cell: its loops and matrix products, in order, and the buffers they read and write.

A *sweep* is the work at a tree node, forward or backward: stages of fused elementwise loops, with matrix
products between the stages. A sum of products is accumulated in a *block*. All products of one operand, or of
operands that feed the same sums, are grouped into one larger GEMM, a *rectangle*: columns of the operand
buffer times one matrix, added to columns of the block buffer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from minigrad.fold.compiler.columns import Columns, contiguous, runs
from minigrad.symbol import ROWS, Symbol

SOURCES = ("child", "is_leaf", "mask", "cotangent", "parameter")


def is_rows(s: Any) -> bool:
    """Tell whether a symbol has a row per tree node."""
    return isinstance(s, Symbol) and len(s.shape) == 2 and s.shape[0] == ROWS


def is_product(s: Any) -> bool:
    """Tell whether a symbol is a product of rows and a weight matrix."""
    return is_rows(s) and s.op == "matmul"


class Passes(NamedTuple):
    """The compiler's optimisations; `explain_fold` and the benchmark leave some out.

    Attributes
    ----------
    group : bool
        Group the products of one operand, and of operands that feed the same sums, into one GEMM.
    fuse : bool
        Fuse the elementwise operations of a stage into one loop.
    skip : bool
        Skip the products with operands that are zero at leaves, and those whose results are not used there.
    chunk : int
        How many nodes backward accumulates the weights' gradients over at a time: few enough that their
        operands stay in the second-level cache.
    """

    group: bool = True
    fuse: bool = True
    skip: bool = True
    chunk: int = 128

    def split(self, symbols: Sequence[Symbol], order: Sequence[Symbol]) -> list[list[Symbol]]:
        """Return which of the symbols can share one product, given the order of their columns."""
        return runs(symbols, order) if self.group else [[s] for s in symbols]


ALL = Passes()


@dataclass
class Rectangle:
    """One product: rows[:, k] · B added to blocks[:, n].

    ``cells`` are the matrices that B is put together from: (first row, first column, weight symbol). The
    operands are `given` to the sweep or computed in it, which decides on the buffer that holds them. ``side``
    is set if only nodes whose child on that side is not a leaf take part: the operand is zero at leaves, or
    the product contributes to the gradient of such an operand.
    """

    k: tuple[int, int]
    n: tuple[int, int]
    cells: list[tuple[int, int, Symbol]]
    stage: int
    given: bool
    side: str | None = None


@dataclass
class Loop:
    """A fused loop: statements that are computed together, element by element."""

    width: int
    statements: list[Symbol]


class Sweep:
    """The plan of one direction.

    Parameters
    ----------
    targets : sequence of Symbol
        What is to be computed.
    given : set of Symbol
        What is available already.
    zero : dict Symbol -> side
        Operands that are zero where the child on a side is a leaf.
    unread : dict Symbol -> side
        Targets that are not used where the child on a side is a leaf.
    keep_operands : bool
        Whether computed operands are needed after the tile: those are `kept`.
    adjacent : sequence of sequences of Symbol
        Further operands, and which of them should have adjacent columns.
    passes : Passes

    Attributes
    ----------
    stages : list of list of Loop
        The loops that run before the products of that stage.
    rectangles : list of Rectangle
    terms : dict Symbol -> (list of products, list of Symbol)
        For the sums with products among their terms: the products, and what else is added.
    operands, blocks : Columns
        Of the buffer that products read, and of the one that they accumulate in.
    kept : Columns
        Of operands that are computed before other products read them; the plan adds what the other sweep
        needs.
    bare : Columns
        Of sums of products only, which are used nowhere but in loops: they are read from their block.
    passed : list of Symbol
        Values that one loop stores for another.
    """

    def __init__(
        self,
        targets: Sequence[Symbol],
        given: set[Symbol],
        zero: dict[Symbol, str],
        unread: dict[Symbol, str],
        keep_operands: bool,
        adjacent: Sequence[Sequence[Symbol]] = (),
        passes: Passes = ALL,
    ) -> None:
        self._given, self._passes = given, passes
        self._zero, self._unread = zero, unread
        self._keep_operands = keep_operands
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
        self._lay_out(adjacent)
        self.bare = self._bare()
        self.stages, self.passed = self._loops()

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

    def _lay_out(self, adjacent: Sequence[Sequence[Symbol]]) -> None:
        feeds: dict[tuple[Symbol, str | None], dict[Symbol, list[Symbol]]] = {}
        for block, (products, _) in self.terms.items():
            for p in products:
                x, weight = p.args
                side = self._zero.get(x) or self._unread.get(block)
                feeds.setdefault((x, side), {}).setdefault(block, []).append(weight)
        groups: dict[Any, list[Symbol]] = {}
        for x, side in sorted(feeds, key=lambda key: (key[0].id, key[1] or "")):
            to = tuple(sorted(b.id for b in feeds[x, side]))
            groups.setdefault((self.stage[x], self._is_kept(x), side, to), []).append(x)
        ways = [list(feeds[xs[0], side]) for (_, _, side, _), xs in groups.items()]
        order = contiguous(list(self.terms), ways)
        all_runs = [run for blocks in ways for run in runs(blocks, order)]
        starts = {run[0] for run in all_runs} - {b for run in all_runs for b in run[1:]}
        for b in order:
            if b in starts:
                self.blocks.align()
            self.blocks.add([b])
        standing = [*([x for x in xs if not self._is_kept(x)] for xs in groups.values()), *adjacent]
        self.operands.add(contiguous(list(dict.fromkeys(itertools.chain(*standing))), standing))
        for ((stage, kept, side, _), xs), way in zip(groups.items(), ways, strict=True):
            columns = self.kept if kept else self.operands
            if kept:
                columns.add(xs)
            like = Rectangle((0, 0), (0, 0), [], stage, not kept, side)
            for together in self._passes.split(xs, list(columns.start)):
                of = [feeds[x, side] for x in together]
                for run in self._passes.split(way, order):
                    self._add_rectangles(together, run, of, like)

    def _is_kept(self, x: Symbol) -> bool:
        return self._keep_operands and self.computed(x)

    def _add_rectangles(self, xs: Any, run: list[Symbol], feeds: Any, like: Rectangle) -> None:
        # A sum in which one operand is multiplied by two matrices gives two rectangles.
        columns = self.operands if like.given else self.kept
        k0, n0 = columns.start[xs[0]], self.blocks.start[run[0]]
        k1, n1 = columns.end(xs[-1]), self.blocks.end(run[-1])
        for layer in range(max(len(feed[b]) for feed in feeds for b in run)):
            cells = [
                (columns.start[x] - k0, self.blocks.start[b] - n0, feed[b][layer])
                for x, feed in zip(xs, feeds, strict=True)
                for b in run
                if layer < len(feed[b])
            ]
            self.rectangles.append(replace(like, k=(k0, k1), n=(n0, n1), cells=cells))

    def _bare(self) -> Columns:
        bare = Columns()
        for s, (_, others) in self.terms.items():
            if self._passes.fuse and not others and s not in self.operands.start and not self._keep_operands:
                bare.start[s] = self.blocks.start[s]
        return bare

    def _loops(self) -> tuple[list[list[Loop]], list[Symbol]]:
        order = [
            s for s in self.live if self.computed(s) and s not in self._absorbed and s not in self.bare.start
        ]
        stages: list[list[Loop]] = [[] for _ in range(max([*self.stage.values(), 0]) + 1)]
        loop_of: dict[Symbol, Loop] = {}
        for s in sorted(order, key=lambda s: (self.stage[s], s.id)):
            loops = stages[self.stage[s]]
            if not self._passes.fuse or not loops or loops[-1].width != s.shape[1]:
                loops.append(Loop(s.shape[1], []))
            loops[-1].statements.append(s)
            loop_of[s] = loops[-1]
        passed: dict[Symbol, None] = {}
        for s in order:
            used = self.terms[s][1] if s in self.terms else s.args
            passed.update((a, None) for a in used if a in loop_of and loop_of[a] is not loop_of[s])
        return stages, list(passed)


def live(targets: Sequence[Symbol], given: set[Symbol]) -> dict[Symbol, None]:
    """Return all symbols that the targets depend on, in order of creation, stopping at those given."""
    seen: set[Symbol] = set()
    stack = [t for t in targets if isinstance(t, Symbol)]
    while stack:
        s = stack.pop()
        if s not in seen:
            seen.add(s)
            if s not in given and is_rows(s):
                stack += [a for a in s.args if isinstance(a, Symbol)]
    return dict.fromkeys(sorted(seen, key=lambda s: s.id))
