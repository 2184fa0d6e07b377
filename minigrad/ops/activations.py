"""Activation functions: each a formula on arrays, with its vjp directly below it.

The two formulas are all there is to write. The NumPy twins, the compiled loops, the op on tensors and the
rules by which the fold's compiler writes it are made of them, and cells find an activation by its name. In
the formulas y is the result and g its cotangent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from minigrad import kernels
from minigrad.primitive import Primitive, primitive

__all__ = ["relu", "sigmoid", "silu", "softplus", "softsign", "tanh"]

Array = np.ndarray
Formula = Callable[..., Any]


class Activation(Primitive, Protocol):
    """An op of one array, made by `activation`.

    Attributes
    ----------
    kernels : tuple of functions
        Forward, then the vjp.
    slope : function or None
        The derivative f′(x), told by y = f(x) alone.
    """

    kernels: tuple[Callable[..., Any], ...]
    slope: Callable[[Array], Any] | None

    def vjp_from_output(self, vjp: Formula) -> None:
        """Give the vjp as a function of g and y = f(x): of the two, y is what is kept for backward."""

    def vjp_from_input(self, vjp: Formula, slope: Formula | None = None) -> None:
        """Give the vjp as a function of g and x, and perhaps the slope as one of y."""


ACTIVATIONS: dict[str, Activation] = {}  # all that have been defined, by name


def activation(*, analytic: bool = True) -> Callable[[Formula], Activation]:
    """Turn a formula on an array into an activation function on tensors; its vjp is given below it.

    Formulas are made of arithmetic, comparisons, ``np.where`` and NumPy's elementwise functions, and have no
    branches. The docstring is that of a `primitive`.

    Parameters
    ----------
    analytic : bool
        The formula also means something for complex numbers, which |x| does not. Only `gradcheck` asks.

    Raises
    ------
    UnsupportedError
        If a formula uses what is not computed element by element; the text names it.
    """

    def decorate(formula: Formula) -> Activation:
        name = formula.__name__
        forward = kernels.elementwise(formula, name, 1)
        op = cast(Activation, primitive(analytic=analytic)(functools.wraps(formula)(lambda x: forward(x))))

        def vjp_from_output(vjp: Formula) -> None:
            backward = kernels.elementwise(vjp, f"{name}_vjp", 2)
            op.defvjp(lambda y, x: lambda g: backward(g, y))
            op.kernels = forward, backward
            op.slope = lambda y: vjp(y.dtype.type(1), y)

        def vjp_from_input(vjp: Formula, slope: Formula | None = None) -> None:
            backward = kernels.elementwise(vjp, f"{name}_vjp", 2)
            op.defvjp(lambda y, x: lambda g: backward(g, x))
            op.kernels = forward, backward
            op.slope = slope

        op.vjp_from_output = vjp_from_output  # type: ignore[method-assign]
        op.vjp_from_input = vjp_from_input  # type: ignore[method-assign]
        ACTIVATIONS[name] = op
        return op

    return decorate


@activation()
def tanh(x: Array) -> Any:
    """The hyperbolic tangent

    shapes: any
    vjp: g ⊙ (1 − y²)
    """
    return np.tanh(x)


tanh.vjp_from_output(lambda g, y: g * (1 - y * y))


def _sigmoid(x: Array) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * x)  # overflows at neither end


@activation()
def sigmoid(x: Array) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ)

    shapes: any
    vjp: g ⊙ y (1 − y)
    """
    return _sigmoid(x)


sigmoid.vjp_from_output(lambda g, y: g * y * (1 - y))


@activation(analytic=False)
def relu(x: Array) -> Any:
    """max(x, 0); the derivative at 0 is taken to be 0

    shapes: any
    vjp: g ⊙ [y > 0]
    """
    return np.where(x <= 0, 0, x)  # NaN stays NaN


relu.vjp_from_output(lambda g, y: np.where(y > 0, g, 0))


@activation(analytic=False)
def softsign(x: Array) -> Any:
    """x / (1 + |x|)

    shapes: any
    vjp: g / (1 + |x|)²
    """
    return x / (1 + np.abs(x))


softsign.vjp_from_input(
    lambda g, x: g / ((1 + np.abs(x)) * (1 + np.abs(x))),
    slope=lambda y: (1 - np.abs(y)) ** 2,
)


@activation()
def softplus(x: Array) -> Any:
    """log(1 + eˣ)

    shapes: any
    vjp: g ⊙ σ(x)
    """
    # max(x, 0) + log(1 + e^−|x|), which overflows at neither end.
    return np.where(x < 0, 0, x) + np.log1p(np.exp(np.where(x < 0, x, -x)))


softplus.vjp_from_input(lambda g, x: g * _sigmoid(x), slope=lambda y: -np.expm1(-y))


@activation()
def silu(x: Array) -> Any:
    """x ⊙ σ(x), also called swish

    shapes: any
    vjp: g ⊙ σ(x) (1 + x (1 − σ(x)))
    """
    return x * _sigmoid(x)


silu.vjp_from_input(lambda g, x: g * (_sigmoid(x) * (1 + x * (1 - _sigmoid(x)))))
