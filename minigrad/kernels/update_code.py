"""The step of an optimiser as LLVM IR: a formula in a loop over vectors, for one array after another."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from minigrad.kernels.elements import emit, expand
from minigrad.kernels.formulas import traced
from minigrad.kernels.machine import new_function, new_module
from minigrad.kernels.vectors import POINTER, WORD, Emitter, scalar_type

# The numbers of a frame, which hold addresses and one count: the arguments of `updates.update`.
A, B, COUNTS, SPANS, SPAN_COUNT, SOURCES, TAKEN, CONSTANTS = range(8)
NUMBERS = 9  # that a formula takes
SPAN, SOURCE = 8 * 7, 8 * 3  # bytes of a row of `spans` and of `sources`
DOUBLE = ir.DoubleType()


def update_module(rule: Any, symbols: list[Any], dtype: Any, name: str) -> ir.Module:
    """Return a module with one function, called `name`: it takes the address of a frame.

    Parameters
    ----------
    rule : Rule
        See `updates.RULES`.
    symbols : list
        What its formula computes, see `trace_rule`.
    dtype
    name : str
    """
    module = new_module(name)
    run = _run(module, rule, symbols, dtype, f"{name}_run")
    function = new_function(module, name, ir.FunctionType(ir.VoidType(), [POINTER]))
    e = Emitter(ir.IRBuilder(function.append_basic_block("entry")), scalar_type(dtype))
    b, word = e.builder, e.integer
    frame = function.args[0]
    a, other, counts, spans, sources, taken, constants = (
        e.read(e.at(frame, word(8 * field)), POINTER)
        for field in (A, B, COUNTS, SPANS, SOURCES, TAKEN, CONSTANTS)
    )

    def step(at_w: ir.Value, at_g: ir.Value, kept: ir.Value, n: ir.Value, t: ir.Value) -> None:
        b.call(run, [at_w, at_g, e.element(a, kept), e.element(other, kept), n, t, constants])

    with e.loop(e.word(frame, SPAN_COUNT), unroll=False) as number:
        span = e.row(spans, number, SPAN)
        start, first, height, width, which, offset, at_w = (e.word(span, k) for k in range(7))
        source = e.row(sources, which, SOURCE)
        at_g, low, high = (e.word(source, k) for k in range(3))
        with b.if_then(b.icmp_signed("!=", at_g, word(0))):
            w, g = b.inttoptr(at_w, POINTER), b.inttoptr(b.add(at_g, offset), POINTER)
            own = e.row(counts, first, 8)
            with b.if_else(b.icmp_signed(">", high, low)) as (by_rows, whole):
                with by_rows, e.loop(b.sub(high, low), unroll=False) as k:
                    row = e.read(e.row(taken, b.add(low, k), 8))
                    count = e.row(own, row, 8)
                    t = b.add(e.read(count), word(1))
                    b.store(t, count)
                    here, there = b.mul(row, width), b.mul(k, width)
                    step(e.element(w, here), e.element(g, there), b.add(start, here), width, t)
                with whole:  # neighbours that have taken equally many steps take the next as one
                    position = e.variable(word(0))
                    with e.repeat() as go_on:
                        row = e.read(position)
                        go_on(b.icmp_signed("<", row, height))
                        t = e.read(e.row(own, row, 8))
                        end = _end_of_run(e, own, row, height, t)
                        here, n = b.mul(row, width), b.mul(b.sub(end, row), width)
                        later = b.add(t, word(1))
                        step(e.element(w, here), e.element(g, here), b.add(start, here), n, later)
                        b.store(end, position)
    b.ret_void()
    return module


def _end_of_run(e: Emitter, counts: ir.Value, row: ir.Value, height: ir.Value, t: ir.Value) -> ir.Value:
    """Emit: count a step for all neighbours that have taken t, and return the row after the last of them."""
    b = e.builder
    end = e.variable(row)
    with e.repeat() as go_on:
        now = e.read(end)
        go_on(b.icmp_signed("<", now, height))
        count = e.row(counts, now, 8)
        before = e.read(count)
        same = b.icmp_signed("==", before, t)
        b.store(b.add(before, b.zext(same, WORD)), count)
        b.store(b.add(now, b.zext(same, WORD)), end)
        go_on(same)
    return e.read(end)


def _run(module: ir.Module, rule: Any, symbols: list[Any], dtype: Any, name: str) -> ir.Function:
    """Write the function that takes one step of n neighbouring elements, which is their t-th."""
    kind = ir.FunctionType(ir.VoidType(), [*[POINTER] * 4, WORD, WORD, POINTER])
    function = new_function(module, name, kind)
    function.linkage = "internal"
    w, g, p, q, n, t, constants = function.args
    e = Emitter(ir.IRBuilder(function.append_basic_block("entry")), scalar_type(dtype))
    b = e.builder
    c = [e.read(e.at(constants, e.integer(8 * k)), DOUBLE) for k in range(7)]
    numbers = _numbers(e, rule.corrected, c, t)
    places = [w, p, q][: 1 + rule.kept]

    def elements(j: ir.Value, masked: bool) -> None:
        at = [e.element(place, j) for place in places]
        value, *kept = (e.load(place, masked) for place in at)
        derivative = e.load(e.element(g, j), masked)
        given = [value, derivative, *kept, *[e.zero] * (2 - rule.kept), *numbers]
        fall, *new = expand(symbols, given, lambda op, *args: emit(e, op, *args), e.number)
        results = [b.fsub(value, fall), *new[: rule.kept]]
        for place, result in zip(at, results, strict=True):
            e.store(result, place, masked)

    whole = b.mul(b.udiv(n, e.integer(e.lanes)), e.integer(e.lanes))
    with e.loop(whole, step=e.lanes, unroll=False) as j:
        elements(j, masked=False)
    rest = b.sub(n, whole)
    with b.if_then(b.icmp_signed(">", rest, e.integer(0))):
        e.mask_lanes(rest)
        elements(whole, masked=True)
    b.ret_void()
    return function


def trace_rule(formula: Any, decayed: Any) -> list[Any]:
    """Return what a rule's formula computes, as symbols.

    The symbols ``given`` are the weight, its derivative, what is kept, the numbers of `_numbers`, λ₂ and λ₁.
    """

    def step(w: Any, g: Any, p: Any, q: Any, *rest: Any) -> Any:
        *numbers, l2, l1 = rest
        return formula(w, decayed(w, g, l2, l1), p, q, numbers)

    return list(traced(step, 4 + NUMBERS + 2))


def _numbers(e: Emitter, corrected: bool, c: list[ir.Value], t: ir.Value) -> list[ir.Value]:
    """Emit what `updates._constants` says, then λ₂ and λ₁, as vectors."""
    b, one = e.builder, ir.Constant(DOUBLE, 1)
    steps, scale, lr = b.sitofp(t, DOUBLE), one, c[0]
    first = b.select(b.icmp_signed("==", t, e.integer(1)), one, ir.Constant(DOUBLE, 0))

    def correction(beta: ir.Value) -> ir.Value:
        return b.fsub(one, e.call("llvm.pow.f64", DOUBLE, beta, steps))

    if corrected:
        lr = b.fdiv(lr, correction(c[4]))
        scale = b.fdiv(one, e.call("llvm.sqrt.f64", DOUBLE, correction(c[5])))
    lacking = [b.fsub(one, beta) for beta in c[4:6]]
    numbers = [lr, c[3], c[4], lacking[0], c[5], lacking[1], scale, first, b.fmul(c[0], c[6]), c[1], c[2]]
    return [e.splat(x if e.size == 8 else b.fptrunc(x, e.scalar)) for x in numbers]
