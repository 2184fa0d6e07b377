"""The arithmetic of arrays that broadcast against each other.

In the formulas y is the result and g its cotangent; sums over broadcast axes are understood.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.ops.broadcast import sum_to, unbroadcast
from minigrad.primitive import primitive

__all__ = ["add", "div", "maximum", "minimum", "mul", "neg", "pow", "sub", "where"]

Array = np.ndarray


@primitive(linear=True)
def add(a: Array, b: Array) -> Any:
    """a + b

    shapes: a and b broadcast against each other
    vjp: g, g
    """
    return a + b


add.defvjp(
    lambda y, a, b: unbroadcast(a, y),
    lambda y, a, b: unbroadcast(b, y),
)


@primitive(linear=True)
def sub(a: Array, b: Array) -> Any:
    """a − b

    shapes: a and b broadcast against each other
    vjp: g, −g
    """
    return a - b


def _sub_b(y: Array, a: Array, b: Array) -> Any:
    shape = b.shape
    return lambda g: sum_to(-g, shape)


sub.defvjp(lambda y, a, b: unbroadcast(a, y), _sub_b)


@primitive()
def mul(a: Array, b: Array) -> Any:
    """a ⊙ b, elementwise

    shapes: a and b broadcast against each other
    vjp: g ⊙ b, g ⊙ a
    """
    return a * b


def _times(other: Array, shape: tuple[int, ...]) -> Any:
    return lambda g: sum_to(g * other, shape)


mul.defvjp(
    lambda y, a, b: _times(b, a.shape),
    lambda y, a, b: _times(a, b.shape),
)


@primitive()
def div(a: Array, b: Array) -> Any:
    """a / b, elementwise

    shapes: a and b broadcast against each other
    vjp: g / b, −g ⊙ y / b
    """
    return np.true_divide(a, b)


def _div_a(y: Array, a: Array, b: Array) -> Any:
    shape = a.shape
    return lambda g: sum_to(g / b, shape)


def _div_b(y: Array, a: Array, b: Array) -> Any:
    shape = b.shape
    return lambda g: sum_to(-g * y / b, shape)


div.defvjp(_div_a, _div_b)


@primitive(linear=True)
def neg(x: Array) -> Any:
    """−x

    shapes: any
    vjp: −g
    """
    return -x


neg.defvjp(lambda y, x: lambda g: -g)


@primitive()
def pow(a: Array, b: Array) -> Any:
    """a to the power b, elementwise; the derivative with respect to b needs a ≥ 0

    shapes: a and b broadcast against each other
    vjp: g ⊙ b a^(b−1), g ⊙ y log a
    """
    return a**b


def _pow_a(y: Array, a: Array, b: Array) -> Any:
    shape = a.shape
    # At b = 0 the power is constant, also at a = 0, where 0 · 0^(−1) would be NaN.
    return lambda g: sum_to(
        g * np.where(np.equal(b, 0), 0, b * a ** np.where(np.equal(b, 0), 1, b - 1)), shape
    )


def _pow_b(y: Array, a: Array, b: Array) -> Any:
    shape = b.shape
    # 0^b is 0 for every b > 0: its derivative there is 0, not 0 · log 0 = NaN.
    return lambda g: sum_to(g * y * np.log(np.where(np.equal(a, 0), 1, a)), shape)


pow.defvjp(_pow_a, _pow_b)


@primitive(analytic=False)
def maximum(a: Array, b: Array) -> Any:
    """The larger of a and b, elementwise; NaN if either is NaN. Where they are equal, both get half.

    shapes: a and b broadcast against each other
    vjp: g ⊙ [a > b] + g/2 ⊙ [a = b], g ⊙ [a < b] + g/2 ⊙ [a = b]
    """
    return np.maximum(a, b)


@primitive(analytic=False)
def minimum(a: Array, b: Array) -> Any:
    """The smaller of a and b, elementwise; NaN if either is NaN. Where they are equal, both get half.

    shapes: a and b broadcast against each other
    vjp: g ⊙ [a < b] + g/2 ⊙ [a = b], g ⊙ [a > b] + g/2 ⊙ [a = b]
    """
    return np.minimum(a, b)


def _chosen(y: Array, mine: Array, other: Array) -> Any:
    shape, number = mine.shape, y.dtype.type
    won = np.where(np.equal(mine, y), number(1), number(0))
    share = np.where(np.equal(mine, other), number(0.5), won)
    return lambda g: sum_to(g * share, shape)


for extremum in (maximum, minimum):
    extremum.defvjp(
        lambda y, a, b: _chosen(y, a, b),
        lambda y, a, b: _chosen(y, b, a),
    )


@primitive()
def where(condition: Array, a: Array, b: Array) -> Any:
    """`a` where the condition holds, else b; what is not chosen gets the gradient 0, even if it is NaN.

    shapes: condition, a and b broadcast against each other
    vjp: –, g ⊙ [condition], g ⊙ [not condition]
    """
    return np.where(condition, a, b)


def _where_a(y: Array, condition: Array, a: Array, b: Array) -> Any:
    shape, zero = a.shape, y.dtype.type(0)
    return lambda g: sum_to(np.where(condition, g, zero), shape)


def _where_b(y: Array, condition: Array, a: Array, b: Array) -> Any:
    shape, zero = b.shape, y.dtype.type(0)
    return lambda g: sum_to(np.where(condition, zero, g), shape)


where.defvjp(None, _where_a, _where_b)
