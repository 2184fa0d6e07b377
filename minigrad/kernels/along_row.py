"""What is computed along a row, reductions and products of two rows: as text for NumPy, and as LLVM IR."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from llvmlite import ir

from minigrad.kernels import elements
from minigrad.kernels.vectors import Emitter

# NumPy's name, the op that puts two elements together, and what leaves the other one as it is
REDUCTIONS = {
    "row_sum": ("sum", "add", 0.0),
    "row_max": ("max", "maximum", -math.inf),
    "row_min": ("min", "minimum", math.inf),
}


def text(op: str, rows: Sequence[str], widths: Sequence[int]) -> tuple[str, int]:
    """Return the NumPy expression of an operation on m rows, and the width of its result."""
    if op == "outer":
        return f"({rows[0]}[:, :, None] * {rows[1]}[:, None]).reshape(m, -1)", widths[0] * widths[1]
    if op == "contract":
        groups = widths[0] // widths[1]
        return f"({rows[0]}.reshape(m, {groups}, -1) * {rows[1]}[:, None]).sum(2)", groups
    return f"{rows[0]}.{REDUCTIONS[op][0]}(1, keepdims=True)", 1


def emit(e: Emitter, op: str, to: ir.Value, rows: Sequence[ir.Value], widths: Sequence[int]) -> None:
    """Emit an operation on one row, given where the operands and the result stand."""
    if op == "outer":
        _outer(e, to, *rows, *widths)
    elif op == "contract":
        t, y = rows
        _contract(e, to, t, y, widths[0] // widths[1], widths[1])
    else:
        _reduce(e, op, to, *rows, *widths)


def _reduce(e: Emitter, op: str, to: ir.Value, x: ir.Value, width: int) -> None:
    """Emit to[0] = the sum, the largest or the smallest of x[:width]."""
    _, combine, neutral = REDUCTIONS[op]
    total = e.variable(e.number(neutral))
    for column, masked in _vectors(e, width):
        value = _or_neutral(e, e.load(e.element(x, column), masked), neutral, masked)
        e.builder.store(elements.emit(e, combine, e.read(total, e.vector), value), total)
    _store_first(e, _across(e, combine, e.read(total, e.vector)), to)


def _contract(e: Emitter, to: ir.Value, t: ir.Value, y: ir.Value, groups: int, width: int) -> None:
    """Emit to[k] = Σ t[k · width + j] y[j], for every group k of `width` elements."""
    with e.loop(e.integer(groups), unroll=False) as k:
        total = e.variable(e.zero)
        of_group = e.row(t, k, width * e.size)
        for column, masked in _vectors(e, width):
            x, z = (e.load(e.element(base, column), masked) for base in (of_group, y))
            product = elements.emit(e, "mul", x, z)
            e.builder.store(elements.emit(e, "add", e.read(total, e.vector), product), total)
        _store_first(e, _across(e, "add", e.read(total, e.vector)), e.element(to, k))


def _outer(e: Emitter, to: ir.Value, x: ir.Value, y: ir.Value, groups: int, width: int) -> None:
    """Emit to[k · width + j] = x[k] y[j]."""
    with e.loop(e.integer(groups), unroll=False) as k:
        one = e.splat(e.builder.load(e.element(x, k), align=e.size, typ=e.scalar))
        of_group = e.row(to, k, width * e.size)
        for column, masked in _vectors(e, width):
            product = elements.emit(e, "mul", one, e.load(e.element(y, column), masked))
            e.store(product, e.element(of_group, column), masked)


def _vectors(e: Emitter, width: int) -> Iterator[tuple[ir.Value, bool]]:
    """Write a loop over the whole vectors of a row, and what is left: yields the first column of each."""
    whole = width // e.lanes
    if whole:
        with e.loop(e.integer(whole), unroll=False) as number:
            yield e.times(number, e.integer(e.lanes)), False
    if width % e.lanes:
        e.mask_lanes(e.integer(width % e.lanes))
        yield e.integer(whole * e.lanes), True


def _or_neutral(e: Emitter, value: ir.Value, neutral: float, masked: bool) -> ir.Value:
    if not masked or neutral == 0:  # lanes beside the mask are loaded as zeros
        return value
    return e.builder.select(e.mask, value, e.number(neutral))


def _across(e: Emitter, combine: str, value: ir.Value) -> ir.Value:
    """Return a vector whose first lane puts all lanes together."""
    half = e.lanes // 2
    while half:
        lanes = [(lane + half) % e.lanes for lane in range(e.lanes)]
        value = elements.emit(e, combine, value, e.shuffle(value, value, lanes))
        half //= 2
    return value


def _store_first(e: Emitter, value: ir.Value, to: ir.Value) -> None:
    first = e.builder.extract_element(value, ir.Constant(ir.IntType(32), 0))
    e.builder.store(first, to, align=e.size)
