"""Where a program's values stand: the columns of every value in the rows of the emitted code's buffers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from minigrad.fold.compiler.columns import Columns, aligned, contiguous, runs
from minigrad.fold.compiler.program import Product, Program, Sweep
from minigrad.fold.compiler.views import statements, stored
from minigrad.symbol import Symbol

K, U, V, Z = "k", "u", "v", "z"
# Rows and columns from which on a weight is multiplied on its own. Of small weights, memory costs little, and
# several in one matrix make fuller products. A large one is packed once, wherever it is used.
LARGE = 128


Matrix: TypeAlias = tuple[int, int, tuple[tuple[int, int, Symbol], ...]]


class Rectangle(NamedTuple):
    """One GEMM: rows[:, k] · B added to blocks[:, n].

    Attributes
    ----------
    k, n : (start, stop)
        Columns of operands, in the buffer that holds them, and of blocks.
    cells : tuple of (first row, first column, weight symbol)
        The matrices that B is put together from.
    given : bool
        Whether the operands are given to the sweep, or computed in it and kept: which buffer holds them.
    side : "left", "right", "either" or None
        As that of a `Product`.
    """

    k: tuple[int, int]
    n: tuple[int, int]
    cells: tuple[tuple[int, int, Symbol], ...]
    given: bool
    side: str | None

    @property
    def matrix(self) -> Matrix:
        """What is packed for it: shape, and what it is put together from."""
        return self.k[1] - self.k[0], self.n[1] - self.n[0], self.cells


class WeightRectangle(NamedTuple):
    """One GEMM over all nodes: X[:, k]ᵀ · V[:, n].

    X holds forward's operands, those that were `given` to it or those that it computed and kept; V holds
    backward's. A `whole` one is one xᵀ·g, of the shape of a weight or its transpose.
    """

    k: tuple[int, int]
    n: tuple[int, int]
    given: bool
    side: str | None
    whole: bool


def is_large(weight: Symbol) -> bool:
    """Tell whether a weight, or its gradient, is multiplied, or computed, on its own."""
    return min(weight.shape) >= LARGE


def _by_weight(rectangles: list[Rectangle]) -> list[Rectangle]:
    """Bring together the rectangles of one large weight, which is in cache when the second of them comes."""
    first = {r.matrix: k for k, r in reversed([*enumerate(rectangles)])}
    return sorted(rectangles, key=lambda r: first[r.matrix])


class Directed:
    """The columns of one sweep.

    Attributes
    ----------
    sweep : Sweep
    operands : Columns
        Of the operands that products read, but for those that are kept.
    kept : Columns
        Of operands that are computed here, and of more that the other direction reads.
    blocks : Columns
        Of the sums that products are added to.
    bare : Columns
        Of those that loops read there.
    rectangles : list of list of Rectangle
        For each stage.
    matrices : dict Matrix -> int
        Those that the rectangles multiply by, each once, numbered.
    passed : list of Symbol
        Values that one loop stores for another.
    """

    def __init__(self, sweep: Sweep, adjacent: Sequence[Sequence[Symbol]]) -> None:
        self.sweep = sweep
        self.operands, self.kept, self.blocks, self.bare = Columns(), Columns(), Columns(), Columns()
        products = list(sweep.products)
        self._lay_out_blocks([list(p.sums) for p in products])
        given = [[x for x in p.operands if not self._is_kept(x)] for p in products]
        standing = [*given, *adjacent]
        self.operands.add(contiguous(list(dict.fromkeys(itertools.chain(*standing))), standing))
        for p in products:
            self.kept.add(x for x in p.operands if self._is_kept(x))
        for s in sweep.sums:
            if s in sweep.bare:
                self.bare.start[s] = self.blocks.start[s]
        self.rectangles = [
            _by_weight([r for p in stage.products for r in self._rectangles(p)]) for stage in sweep.stages
        ]
        every = dict.fromkeys(r.matrix for r in itertools.chain(*self.rectangles))
        self.matrices = {matrix: number for number, matrix in enumerate(every)}
        self.passed = self._passed()

    def _is_kept(self, x: Symbol) -> bool:
        return self.sweep.keeps and self.sweep.computed(x)

    def _lay_out_blocks(self, ways: list[list[Symbol]]) -> None:
        self._blocks = contiguous(list(self.sweep.sums), ways)
        together = [run for blocks in ways for run in runs(blocks, self._blocks)]
        starts = {run[0] for run in together} - {b for run in together for b in run[1:]}
        for b in self._blocks:
            if b in starts:
                self.blocks.align()
            self.blocks.add([b])

    def _rectangles(self, p: Product) -> Iterable[Rectangle]:
        given = not self._is_kept(p.operands[0])
        columns = self.operands if given else self.kept
        for xs, totals in itertools.product(
            runs(p.operands, list(columns.start)), runs(p.sums, self._blocks)
        ):
            k0, n0 = columns.start[xs[0]], self.blocks.start[totals[0]]
            bounds = (k0, columns.end(xs[-1])), (n0, self.blocks.end(totals[-1]))
            # A sum in which one operand is multiplied by two matrices gives two rectangles.
            layers: list[dict[tuple[int, int], Symbol]] = [{}]
            for cell in p.cells:
                if cell.operand in xs and cell.sum in totals:
                    at = columns.start[cell.operand] - k0, self.blocks.start[cell.sum] - n0
                    free = next((layer for layer in layers if at not in layer), None)
                    if free is None:
                        layers.append(free := {})
                    free[at] = cell.weight
            for layer in layers:
                small = tuple((k, n, w) for (k, n), w in layer.items() if not is_large(w))
                if small:
                    yield Rectangle(*bounds, small, given, p.side)
                for (k, n), w in layer.items():
                    if is_large(w):
                        own = (k0 + k, k0 + k + w.shape[0]), (n0 + n, n0 + n + w.shape[1])
                        yield Rectangle(*own, ((0, 0, w),), given, p.side)

    def _passed(self) -> list[Symbol]:
        loop_of = {s: loop for loop in self.sweep.loops for s in loop.statements}
        passed: dict[Symbol, None] = {}
        for s in sorted(loop_of, key=lambda s: s.id):
            for a in map(stored, self.sweep.reads(s)):
                if any(t in loop_of and loop_of[t] is not loop_of[s] for t in statements(a)):
                    passed[a] = None
        return list(passed)


class Layout:
    """The columns of every value in the rows of four buffers, and so the columns of every product.

    K is what forward saves for backward: a row per inner node, in the order of computation. U and V hold the
    operands of products, Z the rest: blocks, incoming cotangents, values that one loop stores for another. Z
    has a row for each node of the current tile, and so has U in forward; in backward U and V have a row for
    each node of a chunk of tiles. (U and V are columns of one buffer, O.)

    Attributes
    ----------
    program : Program
    forward, backward : Directed
    weights : list of WeightRectangle
    products : dict Symbol -> (number of weight product, first row, first column)
        The slice that holds each xᵀ·g of the parameters' gradients.
    sums : dict Symbol -> int
        For each sum over all nodes, the first column of the backward sweep's operand that is summed.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        traced = program.trace
        self.forward = Directed(program.forward, ())
        self.forward.operands.add(program.gathered)  # a gradient may be all that reads one
        read = {*program.forward.live, *program.needed, *(a for s in program.gathered for a in s.args)}
        self.forward.operands.add(s for s in traced.inputs.values() if s in read)
        computed = [x for p in program.weights for x in p.xs if program.forward.computed(x)]
        self.forward.kept.add([*computed, *program.saved])
        adjacent = [list(p.gs) for p in program.weights] + [[s.args[0] for s in program.sums]]
        self.backward = Directed(program.backward, adjacent)
        self.sums = {c: self.backward.operands.start[c.args[0]] for c in program.sums}
        self.weights: list[WeightRectangle] = []
        self.products: dict[Symbol, tuple[int, int, int]] = {}
        self._lay_out_weights()
        self._lay_out_rest()

    def _lay_out_weights(self) -> None:
        G = self.backward.operands
        for p in self.program.weights:
            given = p.xs[0] in self.forward.operands.start
            X = self.forward.operands if given else self.forward.kept
            for xs, gs in itertools.product(runs(p.xs, list(X.start)), runs(p.gs, list(G.start))):
                k0, n0 = X.start[xs[0]], G.start[gs[0]]
                pairs = [(x, g, product) for x, g, product in p.pairs if x in xs and g in gs]
                for x, g, product in (pair for pair in pairs if is_large(pair[2])):
                    self.products[product] = len(self.weights), 0, 0
                    own = (X.start[x], X.end(x)), (G.start[g], G.end(g))
                    self.weights.append(WeightRectangle(*own, given, p.side, whole=True))
                small = [pair for pair in pairs if not is_large(pair[2])]
                for x, g, product in small:
                    self.products[product] = len(self.weights), X.start[x] - k0, G.start[g] - n0
                if small:
                    columns = (k0, X.end(xs[-1])), (n0, G.end(gs[-1]))
                    self.weights.append(WeightRectangle(*columns, given, p.side, whole=False))

    def _lay_out_rest(self) -> None:
        forward, backward, traced = self.forward, self.backward, self.program.trace
        self.V = aligned(forward.operands.width)
        self.operand_width = max(1, self.V + backward.operands.width)
        self.cotangents, self.forward_rest, self.backward_rest = Columns(), Columns(), Columns()
        self.forward_rest.width = aligned(forward.blocks.width)
        outputs = [s for s in traced.outputs.values() if forward.sweep.computed(s)]
        self.forward_rest.add(s for s in [*forward.passed, *outputs] if s not in forward.kept.start)
        self.cotangents.width = aligned(backward.blocks.width)
        self.cotangents.add(traced.cotangents.values())
        self.backward_rest.width = self.cotangents.width
        gradients = [s for s in traced.child_gradients.values() if backward.sweep.computed(s)]
        passed = [s for s in [*backward.passed, *gradients] if s not in backward.bare.start]
        self.backward_rest.add(s for s in passed if s not in backward.operands.start)
        self.tile_width = max(1, self.forward_rest.width, self.backward_rest.width)

    def stores(self, of: Directed) -> list[tuple[str, Columns]]:
        """Return the buffers and columns that a sweep writes its results to."""
        if of is self.forward:
            return [(K, of.kept), (Z, self.forward_rest)]
        return [(V, of.operands), (Z, self.backward_rest)]

    def loads(self, of: Directed) -> list[tuple[str, Columns]]:
        """Return the buffers and columns that a sweep reads values from."""
        given = [(U, self.forward.operands)]
        if of is self.forward:
            return [*given, *self.stores(of)]
        return [*given, (K, self.forward.kept), (Z, self.cotangents), (Z, of.bare), *self.stores(of)]

    def places(self, s: Symbol, buffers: list[tuple[str, Columns]]) -> list[tuple[str, int]]:
        """Return the rows, and first columns there, that a symbol is stored in."""
        starts = [(row, columns.find(s)) for row, columns in buffers]
        return [self.column(row, start) for row, start in starts if start is not None]

    def find(self, s: Symbol, buffers: list[tuple[str, Columns]]) -> tuple[str, int] | None:
        """Return the row that holds a symbol, and its first column there; None if no buffer holds it."""
        for row, columns in buffers:
            start = columns.find(s)
            if start is not None:
                return self.column(row, start)
        return None

    def column(self, row: str, start: int) -> tuple[str, int]:
        """Translate V to columns of U, since both are columns of the buffer O."""
        return (U, self.V + start) if row == V else (row, start)
