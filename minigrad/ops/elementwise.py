"""Functions of one array, element by element. y is the result, g its cotangent."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.primitive import primitive

__all__ = ["abs", "exp", "log", "sqrt"]

Array = np.ndarray


@primitive()
def exp(x: Array) -> Any:
    """eˣ

    shapes: any
    vjp: g ⊙ y
    """
    return np.exp(x)


exp.defvjp(lambda y, x: lambda g: g * y)


@primitive()
def log(x: Array) -> Any:
    """The natural logarithm; −inf at 0 and NaN below, as in NumPy, but without a warning

    shapes: any
    vjp: g / x
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


log.defvjp(lambda y, x: lambda g: g / x)


@primitive()
def sqrt(x: Array) -> Any:
    """√x; NaN below 0, as in NumPy, but without a warning

    shapes: any
    vjp: g / (2 y)
    """
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


sqrt.defvjp(lambda y, x: lambda g: g / (2 * y))


@primitive(analytic=False)
def abs(x: Array) -> Any:
    """|x|; the derivative at 0 is taken to be 0

    shapes: any
    vjp: g ⊙ sign x
    """
    return np.abs(x)


abs.defvjp(lambda y, x: lambda g: g * np.sign(x))
