"""A cell's program as text, with the operations that a tree node costs."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.passes import PASSES
from minigrad.fold.compiler.program import Product, Program, Sweep, WeightProduct, program_of
from minigrad.fold.compiler.trace import trace
from minigrad.fold.compiler.views import is_rows
from minigrad.internal.table import aligned
from minigrad.symbol import Symbol

NAMES = {each.__name__.replace("_", " "): number for number, each in enumerate(PASSES, 1)}


def explain_fold(cell: Cell, dtype: Any = None, file: TextIO | None = None, after: str | None = None) -> None:
    """Print what mode "compiled" does at a tree node: its fused loops and GEMMs, in order, with their cost.

    ``%k`` are values with a row per node. A product is added to *sums*, which loops read; several products of
    one operand, or of operands that feed the same sums, are one product with a wider matrix. Multiply-adds
    are counted for a node with two inner children; products marked with a side are skipped where that child
    is a leaf. The table at the end counts what is left after each pass: products in forward, in backward and
    for the weights' gradients, loops in forward and backward, and multiply-adds where children are leaves.

    Parameters
    ----------
    cell : Cell
    dtype
        float32 or float64; that of the cell's parameters if left out.
    file : text file, optional
        Standard output if left out.
    after : str, optional
        A pass, such as "fusion": print the program that it leaves, instead of the last one.

    Raises
    ------
    UnsupportedError
        If the cell can't be compiled; the text names the op.
    TypeError
        If the parameters have another dtype.
    ValueError
        If there is no such pass; the text lists all.
    """
    last = len(PASSES)
    if after is not None:
        if after not in NAMES:
            raise ValueError(f"there is no pass {after!r}; the passes are, in order: {', '.join(NAMES)}")
        last = NAMES[after]
    programs = [program_of(trace(cell, dtype))]
    for each in PASSES:
        programs.append(each(programs[-1]))
    program = programs[last]
    lines = [f"{type(cell).__name__}, {program.trace.dtype}", *_program(program), "", *_counts(programs)]
    print("\n".join(lines), file=file or sys.stdout)


def _program(program: Program) -> list[str]:
    traced = program.trace
    given = [*traced.inputs.items(), *((("∂", n), s) for n, s in traced.cotangents.items())]
    lines = ["  ".join(f"{s} = {side}.{name} ({s.shape[1]})" for (side, name), s in given)]
    if program.gathered:
        lines.append("  ".join(f"{s} = {s.op}({', '.join(map(_name, s.args))})" for s in program.gathered))
    for numbers in traced.butterflies:
        first, second = (f"{traced.names[number]}" for number in numbers[:2])
        lines.append(f"{first}, {second}: read as half their sum and half their difference")
    gradients = {f"∂ {side}.{name}": s for (side, name), s in traced.child_gradients.items()}
    for title, sweep, results in (
        ("forward", program.forward, traced.outputs),
        ("backward", program.backward, gradients),
    ):
        products = list(sweep.products)
        loops = sum(len(loop.statements) * loop.width for loop in sweep.loops)
        cost = sum(map(_multiply_adds, products))
        lines += ["", f"{title}: {cost:,} multiply-adds in {len(products)} products, {loops:,} others"]
        lines += _sweep(sweep)
        lines += [f"  {name} = {s}" for name, s in results.items()]
    cost = sum(map(_multiply_adds, program.weights))
    lines += ["", f"weights: {cost:,} multiply-adds in {len(program.weights)} products over all nodes"]
    for p in program.weights:
        lines.append(f"  [{_names(p.xs)}]ᵀ × [{_names(p.gs)}]{_side(p)}")
    if program.outer is not None:
        lines += [
            "",
            "NumPy, once before the nodes and once after them:",
            *(f"  {t}" for t in program.outer.text if t),
        ]
    return lines


def _sweep(sweep: Sweep) -> list[str]:
    lines = []
    for stage in sweep.stages:
        for loop in stage.loops:
            lines.append(f"  for each of {loop.width} elements:")
            lines += [f"    {s} = {_expression(s, sweep)}" for s in loop.statements]
        for p in stage.products:
            k, n = (sum(s.shape[1] for s in of) for of in (p.operands, p.sums))
            lines.append(f"  [{_names(p.operands)}] × {k} × {n} → sums of [{_names(p.sums)}]{_side(p)}")
    return lines


def _expression(s: Symbol, sweep: Sweep) -> str:
    reads = ", ".join(map(_name, sweep.reads(s)))
    if s in sweep.sums:
        return " + ".join(["sum", *map(_name, sweep.reads(s))])
    return f"{s.op}({reads})"


def _names(symbols: Iterable[Symbol]) -> str:
    return " ".join(map(str, symbols))


def _side(p: Product | WeightProduct) -> str:
    child = "a" if p.side == "either" else f"the {p.side}"
    return f", only where {child} child is no leaf" if p.side else ""


def _name(a: Any) -> str:
    if isinstance(a, Symbol) and not is_rows(a):
        return f"parameter {a.args[0]}" if a.op == "parameter" else a.op
    return str(a)


def _multiply_adds(p: Product | WeightProduct) -> int:
    if isinstance(p, WeightProduct):
        return sum(x.shape[1] * g.shape[1] for x, g, _ in p.pairs)
    return sum(cell.operand.shape[1] * cell.sum.shape[1] for cell in p.cells)


def _counts(programs: list[Program]) -> list[str]:
    """Return a table of the operations that remain after each pass."""
    costs = ("multiply-adds, no leaf", "leaf left", "leaf right", "two leaves")
    lines: list[tuple[str, ...]] = [("", "products", "loops", *costs)]
    for name, program in zip(["the equations", *NAMES], programs, strict=True):
        sweeps = program.forward, program.backward
        products: list[list[Any]] = [*(list(sweep.products) for sweep in sweeps), list(program.weights)]
        sums = [
            sum(_multiply_adds(p) for p in itertools.chain(*products) if p.side not in leaves)
            for leaves in ((), ("left",), ("right",), ("left", "right", "either"))
        ]
        loops = " + ".join(str(len(list(sweep.loops))) for sweep in sweeps)
        counts = " + ".join(str(len(each)) for each in products), loops
        lines.append((name, *counts, *(f"{s:,}" for s in sums)))
    return aligned(lines, right=range(3, 7))
