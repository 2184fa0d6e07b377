"""Functions of one array, element by element. y is the result, g its cotangent."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.primitive import primitive

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


@primitive()
def tanh(x: Array) -> Any:
    """The hyperbolic tangent

    shapes: any
    vjp: g ⊙ (1 − y²)
    """
    return kernels.tanh(x)


tanh.defvjp(lambda y, x: lambda g: kernels.tanh_vjp(g, y))


@primitive()
def sigmoid(x: Array) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ)

    shapes: any
    vjp: g ⊙ y (1 − y)
    """
    return kernels.sigmoid(x)


sigmoid.defvjp(lambda y, x: lambda g: kernels.sigmoid_vjp(g, y))


@primitive(analytic=False)
def relu(x: Array) -> Any:
    """max(x, 0); the derivative at 0 is taken to be 0

    shapes: any
    vjp: g ⊙ [y > 0]
    """
    return kernels.relu(x)


relu.defvjp(lambda y, x: lambda g: kernels.relu_vjp(g, y))


@primitive(analytic=False)
def softsign(x: Array) -> Any:
    """x / (1 + |x|)

    shapes: any
    vjp: g / (1 + |x|)²
    """
    return kernels.softsign(x)


softsign.defvjp(lambda y, x: lambda g: kernels.softsign_vjp(g, x))


@primitive()
def softplus(x: Array) -> Any:
    """log(1 + eˣ)

    shapes: any
    vjp: g ⊙ σ(x)
    """
    return kernels.softplus(x)


softplus.defvjp(lambda y, x: lambda g: kernels.softplus_vjp(g, x))
