"""The arithmetic of arrays that broadcast against each other.

In the formulas g is the cotangent of the result; sums over broadcast axes are understood.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.ops.broadcast import sum_to, unbroadcast
from minigrad.primitive import primitive

Array = np.ndarray


@primitive(linear=True)
def add(x: Array, y: Array) -> Any:
    """x + y

    shapes: x and y broadcast against each other
    vjp: g, g
    """
    return x + y


add.defvjp(
    lambda ans, x, y: unbroadcast(x, ans),
    lambda ans, x, y: unbroadcast(y, ans),
)


@primitive(linear=True)
def sub(x: Array, y: Array) -> Any:
    """x − y

    shapes: x and y broadcast against each other
    vjp: g, −g
    """
    return x - y


def _sub_y(ans: Array, x: Array, y: Array) -> Any:
    shape = y.shape
    return lambda g: sum_to(-g, shape)


sub.defvjp(lambda ans, x, y: unbroadcast(x, ans), _sub_y)


@primitive()
def mul(x: Array, y: Array) -> Any:
    """x ⊙ y, elementwise

    shapes: x and y broadcast against each other
    vjp: g ⊙ y, g ⊙ x
    """
    return x * y


def _times(other: Array, shape: tuple[int, ...]) -> Any:
    return lambda g: sum_to(g * other, shape)


mul.defvjp(
    lambda ans, x, y: _times(y, x.shape),
    lambda ans, x, y: _times(x, y.shape),
)


@primitive()
def div(x: Array, y: Array) -> Any:
    """x / y, elementwise

    shapes: x and y broadcast against each other
    vjp: g / y, −g ⊙ ans / y
    """
    return np.true_divide(x, y)


def _div_x(ans: Array, x: Array, y: Array) -> Any:
    shape = x.shape
    return lambda g: sum_to(g / y, shape)


def _div_y(ans: Array, x: Array, y: Array) -> Any:
    shape = y.shape
    return lambda g: sum_to(-g * ans / y, shape)


div.defvjp(_div_x, _div_y)


@primitive(linear=True)
def neg(x: Array) -> Any:
    """−x

    shapes: any
    vjp: −g
    """
    return -x


neg.defvjp(lambda ans, x: lambda g: -g)


@primitive()
def pow(x: Array, y: Array) -> Any:
    """x to the power y, elementwise; the derivative with respect to y needs x ≥ 0

    shapes: x and y broadcast against each other
    vjp: g ⊙ y x^(y−1), g ⊙ ans log x
    """
    return x**y


def _pow_x(ans: Array, x: Array, y: Array) -> Any:
    shape = x.shape
    # At y = 0 the power is constant, also at x = 0, where 0 · 0^(−1) would be NaN.
    return lambda g: sum_to(
        g * np.where(np.equal(y, 0), 0, y * x ** np.where(np.equal(y, 0), 1, y - 1)), shape
    )


def _pow_y(ans: Array, x: Array, y: Array) -> Any:
    shape = y.shape
    # 0^y is 0 for every y > 0: its derivative there is 0, not 0 · log 0 = NaN.
    return lambda g: sum_to(g * ans * np.log(np.where(np.equal(x, 0), 1, x)), shape)


pow.defvjp(_pow_x, _pow_y)


@primitive(analytic=False)
def maximum(x: Array, y: Array) -> Any:
    """The larger of x and y, elementwise; NaN if either is NaN. Where they are equal, both get half.

    shapes: x and y broadcast against each other
    vjp: g ⊙ [x > y] + g/2 ⊙ [x = y], g ⊙ [x < y] + g/2 ⊙ [x = y]
    """
    return np.maximum(x, y)


@primitive(analytic=False)
def minimum(x: Array, y: Array) -> Any:
    """The smaller of x and y, elementwise; NaN if either is NaN. Where they are equal, both get half.

    shapes: x and y broadcast against each other
    vjp: g ⊙ [x < y] + g/2 ⊙ [x = y], g ⊙ [x > y] + g/2 ⊙ [x = y]
    """
    return np.minimum(x, y)


def _chosen(ans: Array, mine: Array, other: Array) -> Any:
    shape, number = mine.shape, ans.dtype.type
    won = np.where(np.equal(mine, ans), number(1), number(0))
    share = np.where(np.equal(mine, other), number(0.5), won)
    return lambda g: sum_to(g * share, shape)


for extremum in (maximum, minimum):
    extremum.defvjp(
        lambda ans, x, y: _chosen(ans, x, y),
        lambda ans, x, y: _chosen(ans, y, x),
    )


@primitive()
def where(condition: Array, x: Array, y: Array) -> Any:
    """x where the condition holds, else y; what is not chosen gets the gradient 0, even if it is NaN.

    shapes: condition, x and y broadcast against each other
    vjp: –, g ⊙ [condition], g ⊙ [not condition]
    """
    return np.where(condition, x, y)


def _where_x(ans: Array, condition: Array, x: Array, y: Array) -> Any:
    shape, zero = x.shape, ans.dtype.type(0)
    return lambda g: sum_to(np.where(condition, g, zero), shape)


def _where_y(ans: Array, condition: Array, x: Array, y: Array) -> Any:
    shape, zero = y.shape, ans.dtype.type(0)
    return lambda g: sum_to(np.where(condition, zero, g), shape)


where.defvjp(None, _where_x, _where_y)
