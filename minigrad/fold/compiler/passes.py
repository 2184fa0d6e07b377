"""The compiler's passes, each a function from a program to a better one.

The program that a trace gives is right, and so is what any of `PASSES` have made of it, one after the other:
`optimise` takes as many as it is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from minigrad.fold.compiler.butterflies import with_butterflies
from minigrad.fold.compiler.program import (
    Cell,
    Loop,
    Product,
    Program,
    Stage,
    Sum,
    Sweep,
    WeightProduct,
    program_of,
)
from minigrad.fold.compiler.rewrite import shared
from minigrad.fold.compiler.trace import Trace
from minigrad.fold.compiler.views import ROW_OPS, is_product, readers, reads_memory, statements
from minigrad.symbol import Symbol

Pass = Callable[[Program], Program]


def optimise(traced: Trace, passes: Iterable[Pass] | None = None) -> Program:
    """Return a trace's program after some passes; all of `PASSES` if left out."""
    program = program_of(traced)
    for each in PASSES if passes is None else passes:
        program = each(program)
    return program


def common_subexpressions(program: Program) -> Program:
    """Compute once what is computed several times. It starts from the trace, so it comes first."""
    return program_of(shared(program.trace))


def butterflies(program: Program) -> Program:
    """Make two products of four, where two operands swap their roles. It starts from the trace, too."""
    return program if program.outer is not None else program_of(with_butterflies(program.trace))


def sums_of_products(program: Program) -> Program:
    """Accumulate a sum of products where they are computed, instead of storing and adding each."""
    return program.map_sweeps(_accumulated)


def stages(program: Program) -> Program:
    """Bring together what can be computed at the same time: first its loops, then its products."""
    return program.map_sweeps(_staged)


def grouping(program: Program) -> Program:
    """Make one larger product of all products of one operand, and of operands that feed the same sums."""
    weights: dict[Any, list[WeightProduct]] = {}
    by_operand: dict[tuple[Symbol, str | None], WeightProduct] = {}
    for p in program.weights:
        for x in p.xs:
            pairs = tuple(pair for pair in p.pairs if pair[0] is x)
            known = by_operand.get((x, p.side), WeightProduct((), p.side))
            by_operand[x, p.side] = known._replace(pairs=(*known.pairs, *pairs))
    for (x, side), p in by_operand.items():
        computed = program.forward.computed(x)
        weights.setdefault((computed, side, frozenset(p.gs)), []).append(p)
    merged = [
        WeightProduct(tuple(itertools.chain(*(p.pairs for p in group))), key[1])
        for key, group in weights.items()
    ]
    return replace(program.map_sweeps(_grouped), weights=tuple(merged))


def fusion(program: Program) -> Program:
    """Fuse the elementwise operations of a stage into one loop.

    In backward, a sum of products alone needs no loop: it is read where the products accumulate, unless it is
    an operand of others.
    """
    operands = {
        *(x for p in program.backward.products for x in p.operands),
        *(g for p in program.weights for g in p.gs),
        *(s.args[0] for s in program.sums),
    }
    sums = program.backward.sums.items()
    bare = frozenset(s for s, terms in sums if not terms.others and s not in operands)
    return replace(
        program, forward=_fused(program.forward, frozenset()), backward=_fused(program.backward, bare)
    )


def leaves(program: Program) -> Program:
    """Skip the products with operands that are zero at leaves, and those whose results are not used there.

    Such an operand is a child's part that is zero at leaves, ``where(child.is_leaf, 0, …)``, or a sum or
    difference of two of them.
    """
    traced = program.trace
    zero = {
        symbol: side
        for (side, name), symbol in traced.inputs.items()
        for part in traced.children[side]
        if part.name == name and part.leaf == "zero"
    }
    unread = _unread(program, zero)
    for s in program.needed:
        terms = [zero.get(a) if isinstance(a, Symbol) else None for a in s.args]
        side = _joint(terms) if s.op in ("add", "sub") else _zero_side(s)
        if side:
            zero[s] = side
    weights = [
        WeightProduct(tuple(pairs), side)
        for p in program.weights
        for side, pairs in _split(p.pairs, lambda pair: zero.get(pair[0]))
    ]
    return replace(
        program,
        forward=_skipping(program.forward, lambda cell: zero.get(cell.operand)),
        backward=_skipping(program.backward, lambda cell: unread.get(cell.sum)),
        weights=tuple(weights),
    )


PASSES: tuple[Pass, ...] = (
    common_subexpressions,
    butterflies,
    sums_of_products,
    stages,
    grouping,
    fusion,
    leaves,
)


def _accumulated(sweep: Sweep) -> Sweep:
    read_by = readers(sweep.live, sweep.targets)

    def is_absorbed(s: Symbol) -> bool:
        """Tell whether a symbol is only a term of a sum, and as wide as that."""
        (total, *others) = read_by[s]
        only = not others and total is not None and total.op == "add" and total.shape == s.shape
        return s.op in ("add", "matmul") and only

    sums: dict[Symbol, Sum] = {}
    absorbed: dict[Symbol, Symbol] = {}  # and in which sum
    for s in filter(sweep.computed, sweep.live):
        if s.op not in ("add", "matmul") or is_absorbed(s):
            continue
        products, others, inner = [], [], []
        stack: list[Any] = [s]
        while stack:
            t = stack.pop()
            if is_product(t) and (t is s or is_absorbed(t)):
                products.append(t)
            elif sweep.computed(t) and t.op == "add" and (t is s or is_absorbed(t)):
                inner.append(t)
                stack += reversed(t.args)
            else:
                others.append(t)
        if products:
            sums[s] = Sum(tuple(products), tuple(others))
            absorbed.update((t, s) for t in (*products, *inner) if t is not s)

    def step(stage: Stage) -> Stage:
        loops = [
            Loop(loop.width, tuple(s for s in loop.statements if s not in absorbed)) for loop in stage.loops
        ]
        products = [
            p._replace(cells=tuple(c._replace(sum=absorbed.get(c.sum, c.sum)) for c in p.cells))
            for p in stage.products
        ]
        return Stage(tuple(loop for loop in loops if loop.statements), tuple(products))

    return replace(sweep, stages=tuple(map(step, sweep.stages)), sums=sums)


def _staged(sweep: Sweep) -> Sweep:
    at: dict[Symbol, int] = {}  # the stage of every statement
    of: dict[Symbol, list[Product]] = {}  # the products that are added to a sum
    for p in sweep.products:
        for total in p.sums:
            of.setdefault(total, []).append(p)

    def ready(x: Symbol) -> int:
        """Return the stage in which a symbol is computed."""
        return max((at.get(s, 0) for s in statements(x)), default=0)

    loops = list(sweep.loops)
    for s in sorted((s for loop in loops for s in loop.statements), key=lambda s: s.id):
        # What is computed along a row comes after the loops of its stage, and before those of the next
        before = [at.get(a, 0) + (a.op in ROW_OPS) for a in sweep.waits(s)]
        before += [ready(x) + 1 for p in of.get(s, []) for x in p.operands]
        at[s] = max(before, default=0)
    last = max([*at.values(), *(ready(x) for p in sweep.products for x in p.operands)], default=0)
    made: list[tuple[list[Loop], list[Product]]] = [([], []) for _ in range(last + 1)]
    for loop in sorted(loops, key=_rank):
        made[max(at[s] for s in loop.statements)][0].append(loop)
    for p in sweep.products:
        made[max(ready(x) for x in p.operands)][1].append(p)
    return replace(sweep, stages=tuple(Stage(tuple(loops), tuple(products)) for loops, products in made))


def _rank(loop: Loop) -> tuple[bool, int]:
    return loop.statements[0].op in ROW_OPS, loop.statements[0].id


def _grouped(sweep: Sweep) -> Sweep:
    return replace(
        sweep, stages=tuple(stage._replace(products=_together(sweep, stage)) for stage in sweep.stages)
    )


def _together(sweep: Sweep, stage: Stage) -> tuple[Product, ...]:
    by_operand: dict[tuple[Symbol, str | None], list[Cell]] = {}
    for p in stage.products:
        for cell in p.cells:
            by_operand.setdefault((cell.operand, p.side), []).append(cell)
    groups: dict[Any, list[Cell]] = {}
    for (x, side), cells in sorted(by_operand.items(), key=lambda item: (item[0][0].id, item[0][1] or "")):
        kept = sweep.keeps and sweep.computed(x)  # those stand in another buffer
        groups.setdefault((kept, side, frozenset(c.sum for c in cells)), []).extend(cells)
    return tuple(Product(tuple(cells), side) for (_, side, _), cells in groups.items())


def _fused(sweep: Sweep, bare: frozenset[Symbol]) -> Sweep:
    made = []
    for stage in sweep.stages:
        steps: dict[Symbol, int] = {}  # which of the stage's loops of one kind compute a statement
        groups: dict[tuple[int, Any], Loop] = {}
        for loop in stage.loops:
            statements = tuple(s for s in loop.statements if s not in bare)
            if not statements:
                continue
            step = max((_after(sweep, s, loop.kind, steps, groups) for s in statements), default=0)
            known = groups.get((step, loop.kind))
            groups[step, loop.kind] = loop._replace(
                statements=(*(known.statements if known else ()), *statements)
            )
            steps.update(dict.fromkeys(statements, step))
        made.append(stage._replace(loops=tuple(groups[key] for key in sorted(groups, key=lambda k: k[0]))))
    return replace(sweep, stages=tuple(made), bare=bare)


def _after(
    sweep: Sweep, s: Symbol, kind: Any, steps: dict[Symbol, int], groups: dict[tuple[int, Any], Loop]
) -> int:
    """Return the first step of a stage at which a statement may be computed.

    It may be in one loop with what it reads, if that has the same width and is not read from memory.
    """
    first = 0
    for a in sweep.reads(s):
        for t in filter(steps.__contains__, statements(a)):
            known = groups.get((steps[t], kind))
            together = not reads_memory(a) and known is not None and t in known.statements
            first = max(first, steps[t] + (not together))
    return first


def _zero_side(s: Symbol) -> str | None:
    """Return the side on which a child is no leaf wherever this is not zero: of ``where(is_leaf, 0, …)``."""
    if s.op != "where" or not isinstance(s.args[0], Symbol) or s.args[0].op != "is_leaf":
        return None
    return str(s.args[0].args[0]) if not isinstance(s.args[1], Symbol) and s.args[1] == 0 else None


def _unread(program: Program, zero: dict[Symbol, str]) -> dict[Symbol, str]:
    """Return the derivatives from which nothing is computed where the child on a side is a leaf."""
    traced = program.trace
    sides: dict[Symbol, set[str | None]] = {}
    for key, gradient in traced.child_gradients.items():
        sides.setdefault(gradient, set()).add(zero.get(traced.inputs[key]))
    for s in (*(g for p in program.weights for g in p.gs), *(s.args[0] for s in program.sums)):
        sides.setdefault(s, set()).add(None)
    for s in reversed(program.needed):
        own = _joint(sides.get(s, {None})) if s.op in ("add", "sub") else None
        for k, a in enumerate(s.args):
            if isinstance(a, Symbol):
                sides.setdefault(a, set()).add(_zero_side(s) if k == 2 else own)
    return {s: side for s, of in sides.items() if (side := _joint(of))}


def _joint(sides: Iterable[str | None]) -> str | None:
    """Return where something is needed that is needed on some sides; None: everywhere."""
    (first, *others) = set(sides)
    return first if not others else None if None in (first, *others) else "either"


def _skipping(sweep: Sweep, side_of: Callable[[Cell], str | None]) -> Sweep:
    def split(products: Sequence[Product]) -> tuple[Product, ...]:
        return tuple(
            Product(tuple(cells), p.side or side)
            for p in products
            for side, cells in _split(p.cells, side_of)
        )

    return replace(
        sweep, stages=tuple(stage._replace(products=split(stage.products)) for stage in sweep.stages)
    )


def _split(items: Iterable[Any], key: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())
