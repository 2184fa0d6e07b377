"""A cell's optimised graph as text, with the operations that a tree node costs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Rectangle, Sweep, is_rows
from minigrad.fold.compiler.trace import trace
from minigrad.symbol import Symbol


def explain_fold(cell: Cell, dtype: Any = np.float32, file: TextIO | None = None) -> None:
    """Print what mode "compiled" does at a tree node: its loops and products, in order, with their cost.

    ``%k`` are values with a row per node. A *block* is a sum of products; several products of one operand, or
    of operands that go the same ways, are one product with a wider matrix. Multiply-adds are counted for a
    node with two inner children; products marked with a side are left out where that child is a leaf.

    Parameters
    ----------
    cell : Cell
    dtype
        float32 or float64.
    file : text file, optional
        Standard output if left out.

    Raises
    ------
    UnsupportedError
        If the cell can't be compiled; the text names the op.
    """
    plan = Plan(trace(cell, dtype))
    lines = [f"{type(cell).__name__}, {np.dtype(dtype)}"]
    lines += _inputs(plan)
    total = 0
    for title, sweep, results in (
        ("forward", plan.forward, plan.trace.outputs),
        (
            "backward",
            plan.backward,
            {f"∂ {side}.{n}": s for (side, n), s in plan.trace.child_gradients.items()},
        ),
    ):
        products = sum(_multiply_adds(r) for r in sweep.rectangles)
        loops = sum(len(loop.statements) * loop.width for stage in sweep.stages for loop in stage)
        total += products
        lines += [
            "",
            f"{title}: {products:,} multiply-adds in {len(sweep.rectangles)} products, {loops:,} others",
        ]
        lines += _sweep(sweep)
        lines += [f"  {name} = {s}" for name, s in results.items()]
    weights = sum((p.k[1] - p.k[0]) * (p.n[1] - p.n[0]) for p in plan.weight_products)
    total += weights
    lines += [
        "",
        f"weights: {weights:,} multiply-adds in {len(plan.weight_products)} products over all nodes",
    ]
    lines += [f"together: {total:,} multiply-adds per node"]
    print("\n".join(lines), file=file or sys.stdout)


def _inputs(plan: Plan) -> list[str]:
    given = [*plan.trace.inputs.items(), *((("∂", n), s) for n, s in plan.trace.cotangents.items())]
    return ["  ".join(f"{s} = {side}.{name} ({s.shape[1]})" for (side, name), s in given)]


def _multiply_adds(r: Rectangle) -> int:
    return (r.k[1] - r.k[0]) * (r.n[1] - r.n[0])


def _sweep(sweep: Sweep) -> list[str]:
    lines = []
    for stage, loops in enumerate(sweep.stages):
        for loop in loops:
            lines.append(f"  for each of {loop.width} elements:")
            lines += [f"    {s} = {_expression(s, sweep)}" for s in loop.statements]
        for r in sweep.rectangles:
            if r.stage == stage:
                operands = _within(sweep.operands.start, r.k)
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
