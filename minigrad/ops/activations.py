"""Activation functions: each a formula, with its vjp directly below it. y is the result, g its cotangent.

`formula.py` makes of the two whatever else there is of an activation function.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.ops.error_function import error_function
from minigrad.ops.formula import activation

__all__ = ["gelu", "relu", "sigmoid", "silu", "softplus", "softsign", "tanh"]

Array = np.ndarray


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


def _normal_cdf(x: Array) -> Any:
    return 0.5 + 0.5 * error_function(math.sqrt(0.5) * x)


@activation()
def gelu(x: Array) -> Any:
    """x ⊙ Φ(x), where Φ(x) = (1 + erf(x/√2)) / 2 is the standard normal distribution

    shapes: any
    vjp: g ⊙ (Φ(x) + x e^(−x²/2) / √(2π))
    """
    return x * _normal_cdf(x)


gelu.vjp_from_input(
    lambda g, x: g * (_normal_cdf(x) + x * (math.sqrt(0.5 / math.pi) * np.exp(-0.5 * (x * x))))
)
