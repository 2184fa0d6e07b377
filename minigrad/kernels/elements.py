"""How the operations of an elementwise loop are written: as text for NumPy, and as LLVM IR for vectors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from llvmlite import ir

from minigrad.kernels.activations import TANH_DENOMINATOR, TANH_LIMIT, TANH_NUMERATOR, TANH_ONE
from minigrad.kernels.formulas import FORMULAS
from minigrad.kernels.jit import FASTMATH
from minigrad.kernels.vectors import BIT, Emitter
from minigrad.symbol import RULES, Symbol, UnsupportedError

FLAGS = tuple(sorted(FASTMATH))

# For NumPy, on arrays: the rules for one element, but for what is written otherwise.
TEXT = {op: rule for op, rule in RULES.items() if op not in FORMULAS} | {
    "tanh": "np.tanh({0})",
    "abs": "np.abs({0})",
    "erf": "special.erf({0})",
    "and": "{0} & {1}",
    "or": "{0} | {1}",
    "not": "~{0}",
    "where": "np.where({0}, {1}, {2})",
}

Value = Any


def expand(
    results: Iterable[Any],
    operands: Sequence[Value],
    apply: Callable[..., Value],
    number: Callable[..., Value],
) -> list[Value]:
    """Return what traced formulas make of operands, given how to apply operations and write numbers."""
    made: dict[Symbol, Value] = {}

    def value(x: Any) -> Value:
        if not isinstance(x, Symbol):
            return number(x)
        if x.op == "given":
            return operands[x.args[0]]
        if x not in made:
            made[x] = apply(x.op, *map(value, x.args))
        return made[x]

    return [value(x) for x in results]


def text(op: str, *operands: str) -> str:
    """Return the NumPy expression of an operation; operands are names, numbers or expressions in brackets."""
    if op in FORMULAS:
        return expand([FORMULAS[op]], operands, lambda op, *args: f"({text(op, *args)})", number)[0]
    if op not in TEXT:
        raise UnsupportedError(op)
    if op == "where":  # of two plain numbers NumPy would make float64
        operands = (operands[0], *(f"T({x})" if _NUMBER.match(x) else x for x in operands[1:]))
    return TEXT[op].format(*operands)


def number(x: Any) -> str:
    """Return the text of a number."""
    return repr(x) if math.isfinite(x) else f"T({str(x)!r})"


_NUMBER = re.compile(r"-?\d")


def emit(e: Emitter, op: str, *operands: Value) -> Value:
    """Emit an operation on vectors; comparisons give vectors of bits."""
    if op in FORMULAS:
        return expand([FORMULAS[op]], operands, lambda op, *args: emit(e, op, *args), e.number)[0]
    if op not in EMITTED:
        raise UnsupportedError(op)
    return EMITTED[op](e, *operands)


def _arithmetic(name: str) -> Callable[..., Value]:
    return lambda e, x, y: getattr(e.builder, name)(x, y, flags=FLAGS)


def _comparison(sign: str) -> Callable[..., Value]:
    ordered = "fcmp_unordered" if sign == "!=" else "fcmp_ordered"  # NaN differs from everything
    return lambda e, x, y: getattr(e.builder, ordered)(sign, x, y)


def _intrinsic(name: str) -> Callable[..., Value]:
    return lambda e, *values: e.call(f"llvm.{name}.{{}}", e.vector, *values)


def _by_lanes(name: str) -> Callable[..., Value]:
    """Call a function of the C library for every lane: LLVM has none for vectors."""

    def emitted(e: Emitter, x: Value) -> Value:
        result = ir.Constant(e.vector, ir.Undefined)
        for lane in range(e.lanes):
            place = ir.Constant(ir.IntType(32), lane)
            y = e.call(name + "f" * (e.size == 4), e.scalar, e.builder.extract_element(x, place))
            result = e.builder.insert_element(result, y, place)
        return result

    return emitted


def _select(e: Emitter, condition: Value, x: Value, y: Value) -> Value:
    return e.builder.select(condition, x, y)


def _sign(e: Emitter, x: Value) -> Value:
    b = e.builder
    below = b.select(b.fcmp_ordered("<", x, e.zero), e.number(-1), x)  # NaN and 0 are themselves
    return b.select(b.fcmp_ordered(">", x, e.zero), e.number(1), below)


def _tanh(e: Emitter, x: Value) -> Value:
    """Emit tanh; in float32, the rational function of `kernels.activations`."""
    if e.size == 8:
        return _by_lanes("tanh")(e, x)
    b = e.builder
    limit, below = e.number(TANH_LIMIT), e.number(-TANH_LIMIT)
    z = b.select(b.fcmp_ordered(">", x, limit), limit, x)
    z = b.select(b.fcmp_ordered("<", z, below), below, z)
    s = emit(e, "mul", z, z)
    p, q = (_polynomial(e, s, coefficients) for coefficients in (TANH_NUMERATOR, TANH_DENOMINATOR))
    y = emit(e, "div", emit(e, "mul", z, p), q)
    y = b.select(b.fcmp_ordered(">", x, e.number(TANH_ONE)), e.number(1), y)
    return b.select(b.fcmp_ordered("<", x, e.number(-TANH_ONE)), e.number(-1), y)


def _polynomial(e: Emitter, x: Value, coefficients: Sequence[float]) -> Value:
    total = e.number(coefficients[0])
    for coefficient in coefficients[1:]:
        total = emit(e, "add", emit(e, "mul", total, x), e.number(coefficient))
    return total


EMITTED: dict[str, Callable[..., Value]] = {
    "add": _arithmetic("fadd"),
    "sub": _arithmetic("fsub"),
    "mul": _arithmetic("fmul"),
    "div": _arithmetic("fdiv"),
    "neg": lambda e, x: e.builder.fneg(x),
    "copy": lambda e, x: x,
    "pow": _intrinsic("pow"),
    "square": lambda e, x: emit(e, "mul", x, x),
    "exp": _intrinsic("exp"),
    "expm1": _by_lanes("expm1"),
    "log": _intrinsic("log"),
    "log1p": _by_lanes("log1p"),
    "sqrt": _intrinsic("sqrt"),
    "tanh": _tanh,
    "sin": _intrinsic("sin"),
    "cos": _intrinsic("cos"),
    "erf": _by_lanes("erf"),
    "abs": _intrinsic("fabs"),
    "sign": _sign,
    "maximum": _intrinsic("maximum"),
    "minimum": _intrinsic("minimum"),
    "eq": _comparison("=="),
    "ne": _comparison("!="),
    "lt": _comparison("<"),
    "le": _comparison("<="),
    "gt": _comparison(">"),
    "ge": _comparison(">="),
    "and": lambda e, x, y: e.builder.and_(x, y),
    "or": lambda e, x, y: e.builder.or_(x, y),
    "not": lambda e, x: e.builder.xor(x, ir.Constant(x.type, [BIT(1)] * e.lanes)),
    "where": _select,
}
