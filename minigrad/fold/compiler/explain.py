"""A cell's optimised graph as text, with the operations that a tree node costs."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.plan import Plan, WeightProduct
from minigrad.fold.compiler.sweep import Passes, Rectangle, Sweep, is_rows
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.internal.table import aligned
from minigrad.symbol import Symbol

# The optimisations, one after the other, before the two sweeps are emitted.
PASSES = {
    "the equations": Passes(group=False, fuse=False, skip=False),
    "products grouped": Passes(fuse=False, skip=False),
    "loops fused": Passes(skip=False),
    "leaves left out": Passes(),
}


def explain_fold(cell: Cell, dtype: Any = None, file: TextIO | None = None) -> None:
    """Print what mode "compiled" does at a tree node: its fused loops and GEMMs, in order, with their cost.

    ``%k`` are values with a row per node. A *block* is a sum of products; several products of one operand, or
    of operands that feed the same sums, are one product with a wider matrix. Multiply-adds are counted for a
    node with two inner children; products marked with a side are skipped where that child is a leaf. The
    table at the end counts what is left after each pass: products in forward, in backward and for the
    weights' gradients, loops in forward and backward, and multiply-adds where children are leaves.

    Parameters
    ----------
    cell : Cell
    dtype
        float32 or float64; that of the cell's parameters if left out.
    file : text file, optional
        Standard output if left out.

    Raises
    ------
    UnsupportedError
        If the cell can't be compiled; the text names the op.
    TypeError
        If the parameters have another dtype.
    """
    traced = trace(cell, dtype)
    plan = Plan(traced)
    gradients = {f"∂ {side}.{name}": s for (side, name), s in traced.child_gradients.items()}
    lines = [f"{type(cell).__name__}, {traced.dtype}", *_inputs(plan)]
    for title, sweep, results in (
        ("forward", plan.forward, traced.outputs),
        ("backward", plan.backward, gradients),
    ):
        products = sum(map(_multiply_adds, sweep.rectangles))
        loops = sum(len(loop.statements) * loop.width for stage in sweep.stages for loop in stage)
        count = f"{products:,} multiply-adds in {len(sweep.rectangles)} products, {loops:,} others"
        lines += ["", f"{title}: {count}", *_sweep(sweep)]
        lines += [f"  {name} = {s}" for name, s in results.items()]
    weights = sum(map(_multiply_adds, plan.weight_products))
    count = f"{weights:,} multiply-adds in {len(plan.weight_products)} products over all nodes"
    lines += ["", f"weights: {count}", "", *_passes(traced)]
    print("\n".join(lines), file=file or sys.stdout)


def _passes(traced: Trace) -> list[str]:
    """Return a table of the operations that remain after each pass."""
    costs = ("multiply-adds, no leaf", "leaf left", "leaf right", "two leaves")
    lines: list[tuple[str, ...]] = [("", "products", "loops", *costs)]
    for name, passes in PASSES.items():
        plan = Plan(traced, passes)
        sweeps = plan.forward, plan.backward
        loops = [sum(map(len, sweep.stages)) for sweep in sweeps]
        products: list[Sequence[Rectangle | WeightProduct]] = [sweep.rectangles for sweep in sweeps]
        products.append(plan.weight_products)
        sums = [
            sum(_multiply_adds(p) for p in itertools.chain(*products) if p.side not in leaves)
            for leaves in ((), ("left",), ("right",), ("left", "right"))
        ]
        counts = " + ".join(str(len(p)) for p in products), " + ".join(map(str, loops))
        lines.append((name, *counts, *(f"{s:,}" for s in sums)))
    return aligned(lines, right=range(3, 7))


def _inputs(plan: Plan) -> list[str]:
    given = [*plan.trace.inputs.items(), *((("∂", n), s) for n, s in plan.trace.cotangents.items())]
    return ["  ".join(f"{s} = {side}.{name} ({s.shape[1]})" for (side, name), s in given)]


def _multiply_adds(r: Rectangle | WeightProduct) -> int:
    return (r.k[1] - r.k[0]) * (r.n[1] - r.n[0])


def _sweep(sweep: Sweep) -> list[str]:
    lines = []
    for stage, loops in enumerate(sweep.stages):
        for loop in loops:
            lines.append(f"  for each of {loop.width} elements:")
            lines += [f"    {s} = {_expression(s, sweep)}" for s in loop.statements]
        for r in sweep.rectangles:
            if r.stage == stage:
                operands = _within((sweep.operands if r.given else sweep.kept).start, r.k)
                blocks = _within(sweep.blocks.start, r.n)
                side = f", only where the {r.side} child is no leaf" if r.side else ""
                lines.append(
                    f"  [{operands}] × {r.k[1] - r.k[0]} × {r.n[1] - r.n[0]} → blocks of [{blocks}]{side}"
                )
    return lines


def _within(start: dict[Symbol, int], bounds: tuple[int, int]) -> str:
    return " ".join(
        str(s) for s, k in sorted(start.items(), key=lambda item: item[1]) if bounds[0] <= k < bounds[1]
    )


def _expression(s: Symbol, sweep: Sweep) -> str:
    if s in sweep.terms:
        return " + ".join(["block", *(_name(a) for a in sweep.terms[s][1])])
    return f"{s.op}({', '.join(_name(a) for a in s.args)})"


def _name(a: Any) -> str:
    if isinstance(a, Symbol) and not is_rows(a):
        return f"parameter {a.args[0]}" if a.op == "parameter" else a.op
    return str(a)
