"""Matrices copied, transposed, halved and packed for products, as functions in LLVM IR.

product.py says what packed is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from llvmlite import ir

from minigrad.kernels.product import emit_panel
from minigrad.kernels.vectors import VECTOR_BYTES, Emitter

# A square that is cut is transposed element by element if it has fewer rows or columns than these: where
# nothing is added, and where it is. Without AVX-512 masks cost more than that.
_LEAST = (2, 4) if VECTOR_BYTES == 64 else None


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
    builder, lanes = emit.builder, emit.lanes
    whole = builder.and_(n, emit.integer(-lanes))
    rest = builder.sub(n, whole)

    def copy(to: ir.Value, source: ir.Value, adds: bool, masked: bool = False) -> None:
        value = emit.load(source, masked)
        emit.store(builder.fadd(emit.load(to, masked), value) if adds else value, to, masked)

    for adds in _cases(emit, add):
        with emit.loop(m, unroll=False) as i:
            source, to = emit.row(b, i, b_step), emit.row(c, i, c_step)
            with emit.loop(whole, step=lanes, unroll=False) as j:
                copy(emit.element(to, j), emit.element(source, j), adds)
            with builder.if_then(builder.icmp_signed(">", rest, emit.integer(0))):
                emit.mask_lanes(rest)
                copy(emit.element(to, whole), emit.element(source, whole), adds, masked=True)


def _cases(emit: Emitter, add: ir.Value) -> Iterator[bool]:
    """Emit what follows twice, for the case that a former result is added to and for the other."""
    with emit.builder.if_else(emit.builder.icmp_signed("!=", add, emit.integer(0))) as (then, otherwise):
        with then:
            yield True
        with otherwise:
            yield False


def _emit_square(
    emit: Emitter, source: Any, target: Any, add: bool, cut: tuple[Any, Any] | None = None
) -> None:
    """Emit the transpose of a square of one vector by as many rows; source and target are (pointer, step).

    `cut` is how many of its rows and columns there are, if not all.
    """
    builder, every, number = emit.builder, range(emit.lanes), emit.integer
    if cut:
        last = builder.sub(cut[0], number(1))  # stands for the rows that there are not
        emit.mask_lanes(cut[1])
        rows = [emit.load(emit.row(source[0], emit.least(number(r), last), source[1]), True) for r in every]
        emit.mask_lanes(cut[0])
    else:
        rows = [emit.load(emit.row(source[0], number(r), source[1])) for r in every]
    half = 1
    while half < emit.lanes:  # swap the off-diagonal quarters of every square of 2·half by 2·half
        upper = [lane + emit.lanes - half if lane & half else lane for lane in every]
        lower = [lane + emit.lanes if lane & half else lane + half for lane in every]
        for r in (r for r in every if not r & half):
            pair = rows[r], rows[r + half]
            rows[r], rows[r + half] = emit.shuffle(*pair, upper), emit.shuffle(*pair, lower)
        half *= 2
    for r in every:
        with builder.if_then(builder.icmp_signed("<", number(r), cut[1])) if cut else nullcontext():
            place = emit.row(target[0], number(r), target[1])
            value = builder.fadd(emit.load(place, bool(cut)), rows[r]) if add else rows[r]
            emit.store(value, place, bool(cut))


def emit_transpose(emit: Emitter, arguments: Any) -> None:
    """Emit C = Bᵀ, or C += Bᵀ if `add`, for B of shape (m, n). Arguments: c, c_step, b, b_step, m, n, add."""
    c, c_step, b, b_step, m, n, add = arguments
    builder, lanes = emit.builder, emit.integer(emit.lanes)
    for adds in _cases(emit, add):
        with (
            emit.loop(m, step=emit.lanes, unroll=False) as i,
            emit.loop(n, step=emit.lanes, unroll=False) as j,
        ):
            source = emit.element(emit.row(b, i, b_step), j), b_step
            target = emit.element(emit.row(c, j, c_step), i), c_step
            rows, columns = (emit.least(lanes, builder.sub(length, at)) for length, at in ((m, i), (n, j)))
            shorter = emit.least(rows, columns)
            with builder.if_else(builder.icmp_signed("==", shorter, lanes)) as (whole, cut):
                with whole:
                    _emit_square(emit, source, target, adds)
                with cut:
                    _emit_cut_square(emit, source, target, adds, (rows, columns))


def _emit_cut_square(emit: Emitter, source: Any, target: Any, add: bool, cut: tuple[Any, Any]) -> None:
    builder = emit.builder

    def by_elements() -> None:
        with emit.loop(cut[0], unroll=False) as r, emit.loop(cut[1], unroll=False) as k:
            x = builder.load(emit.element(emit.row(source[0], r, source[1]), k), typ=emit.scalar)
            place = emit.element(emit.row(target[0], k, target[1]), r)
            total = builder.fadd(builder.load(place, typ=emit.scalar), x) if add else x
            builder.store(total, place)

    if _LEAST is None:
        by_elements()
        return
    enough = builder.icmp_signed(">=", emit.least(*cut), emit.integer(_LEAST[add]))
    with builder.if_else(enough) as (thick, thin):
        with thick:
            _emit_square(emit, source, target, add, cut)
        with thin:
            by_elements()


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


def emit_butterfly(emit: Emitter, arguments: Any) -> None:
    """Emit P = (A + B) / 2 and Q = (A − B) / 2; they may be A and B, or B and A. Arguments: p, q, a, b, n."""
    p, q, a, b, n = arguments
    builder, half = emit.builder, emit.number(0.5)
    whole = builder.and_(n, emit.integer(-emit.lanes))
    rest = builder.sub(n, whole)

    def halve(at: ir.Value, masked: bool) -> None:
        x, y = (emit.load(emit.element(of, at), masked) for of in (a, b))
        emit.store(builder.fmul(builder.fadd(x, y), half), emit.element(p, at), masked)
        emit.store(builder.fmul(builder.fsub(x, y), half), emit.element(q, at), masked)

    with emit.loop(whole, step=emit.lanes, unroll=False) as at:
        halve(at, masked=False)
    with builder.if_then(builder.icmp_signed(">", rest, emit.integer(0))):
        emit.mask_lanes(rest)
        halve(whole, masked=True)
