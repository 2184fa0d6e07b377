"""Matrices copied, transposed and packed for products, as functions in LLVM IR.

product.py says what packed is.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from minigrad.kernels.product import emit_panel
from minigrad.kernels.vectors import VECTOR_BYTES, Emitter


def packed_size(k: int, n: int) -> int:
    """Return a length that suffices for the packed form of a (k, n) matrix of either dtype."""
    lanes = VECTOR_BYTES // 4
    return k * ((n + lanes - 1) // lanes * lanes)


def copy_row(emit: Emitter, to: ir.Value, source: ir.Value, n: int, add: bool = False) -> None:
    """Emit to[:n] = source[:n], or += if `add`.

    The last vector overlaps the one before it: cheaper than a mask, and right, since all is read before
    anything is written. A row that is shorter than a vector takes the mask.
    """
    masked = n < emit.lanes
    starts = [*range(0, n - emit.lanes, emit.lanes), max(0, n - emit.lanes)]
    if masked:
        emit.mask_lanes(emit.integer(n))
    places = [emit.element(to, start) for start in starts]
    values = [emit.load(emit.element(source, start), masked) for start in starts]
    if add:
        pairs = zip(places, values, strict=True)
        values = [emit.builder.fadd(emit.load(place, masked), value) for place, value in pairs]
    for place, value in zip(places, values, strict=True):
        emit.store(value, place, masked)


def emit_copy(emit: Emitter, arguments: Any) -> None:
    """Emit C = B, or C += B if `add`. Arguments: c, c_step, b, b_step, m, n, add."""
    c, c_step, b, b_step, m, n, add = arguments
    builder, lanes = emit.builder, emit.integer(emit.lanes)
    adds = builder.icmp_signed("!=", add, emit.integer(0))
    with emit.loop(m) as i:
        source, to = emit.row(b, i, b_step), emit.row(c, i, c_step)
        with emit.loop(n, step=emit.lanes, unroll=False) as j:
            emit.mask_lanes(emit.least(lanes, builder.sub(n, j)))
            place, value = emit.element(to, j), emit.load(emit.element(source, j), True)
            with builder.if_else(adds) as (then, otherwise):
                with then:
                    emit.store(builder.fadd(emit.load(place, True), value), place, True)
                with otherwise:
                    emit.store(value, place, True)


def _emit_square(emit: Emitter, source: Any, target: Any, add: bool) -> None:
    """Emit the transpose of a square of one vector by as many rows; source and target are (pointer, step)."""
    builder, every = emit.builder, range(emit.lanes)
    rows = [emit.load(emit.row(source[0], emit.integer(r), source[1])) for r in every]
    half = 1
    while half < emit.lanes:  # swap the off-diagonal quarters of every square of 2·half by 2·half
        upper = [lane + emit.lanes - half if lane & half else lane for lane in every]
        lower = [lane + emit.lanes if lane & half else lane + half for lane in every]
        for r in (r for r in every if not r & half):
            pair = rows[r], rows[r + half]
            rows[r], rows[r + half] = emit.shuffle(*pair, upper), emit.shuffle(*pair, lower)
        half *= 2
    for r in every:
        place = emit.row(target[0], emit.integer(r), target[1])
        emit.store(builder.fadd(emit.load(place), rows[r]) if add else rows[r], place)


def emit_transpose(emit: Emitter, arguments: Any) -> None:
    """Emit C = Bᵀ, or C += Bᵀ if `add`, for B of shape (m, n). Arguments: c, c_step, b, b_step, m, n, add."""
    c, c_step, b, b_step, m, n, add = arguments
    builder, lanes = emit.builder, emit.lanes
    adds = builder.icmp_signed("!=", add, emit.integer(0))
    whole_rows, whole_columns = (
        builder.mul(builder.udiv(length, emit.integer(lanes)), emit.integer(lanes)) for length in (m, n)
    )
    with (
        emit.loop(whole_rows, step=lanes, unroll=False) as i,
        emit.loop(whole_columns, step=lanes, unroll=False) as j,
    ):
        source = emit.element(emit.row(b, i, b_step), j), b_step
        target = emit.element(emit.row(c, j, c_step), i), c_step
        with builder.if_else(adds) as (then, otherwise):
            with then:
                _emit_square(emit, source, target, add=True)
            with otherwise:
                _emit_square(emit, source, target, add=False)
    with emit.loop(m, unroll=False) as i:  # what is left: columns of the first rows, and the last rows
        first = builder.select(builder.icmp_signed("<", i, whole_rows), whole_columns, emit.integer(0))
        with emit.loop(n, start=first, unroll=False) as j:
            place = emit.element(emit.row(c, j, c_step), i)
            x = builder.load(emit.element(emit.row(b, i, b_step), j), typ=emit.scalar)
            before = builder.load(place, typ=emit.scalar)
            builder.store(builder.select(adds, builder.fadd(before, x), x), place)


def emit_pack(emit: Emitter, arguments: Any, copy: ir.Function, transpose: ir.Function) -> None:
    """Emit: write B, or Bᵀ if `turned`, to row k0 and column n0 of a (k, n) matrix that is packed in P.

    Arguments: p, k, n, k0, n0, b, b_step, rows, columns, turned, where the block written is (rows, columns).
    """
    p, k, n, k0, n0, b, b_step, rows, columns, turned = arguments
    builder, lanes, word = emit.builder, emit.lanes, emit.integer
    left = emit.variable(builder.udiv(emit.plus(n, word(lanes - 1)), word(lanes)))
    column = emit.variable(word(0))
    stop = builder.add(n0, columns)
    transposes = builder.icmp_signed("!=", turned, word(0))
    with emit.repeat() as go_on:
        j = emit.read(column)
        go_on(builder.icmp_signed("<", j, stop))
        vectors = emit_panel(emit, emit.read(left))
        width = builder.mul(vectors, word(lanes))
        end = builder.add(j, width)
        first = emit.most(j, n0)
        count = emit.most(word(0), builder.sub(emit.least(end, stop), first))
        step = builder.mul(width, word(emit.size))
        panel = emit.element(p, builder.add(builder.mul(k, j), builder.mul(k0, width)))
        part = emit.element(panel, builder.sub(first, j))
        skipped = builder.sub(first, n0)
        with builder.if_else(transposes) as (then, otherwise):
            with then:
                of_b = emit.row(b, skipped, b_step)
                builder.call(transpose, [part, step, of_b, b_step, count, rows, word(0)])
            with otherwise:
                builder.call(copy, [part, step, emit.element(b, skipped), b_step, rows, count, word(0)])
        builder.store(builder.sub(emit.read(left), vectors), left)
        builder.store(end, column)
