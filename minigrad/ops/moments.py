"""Variance and standard deviation, and the normalisation of rows by them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.errors import ShapeError
from minigrad.ops.arithmetic import add, mul
from minigrad.ops.reduce import Axis, along, spread
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["layer_norm", "std", "var"]

Array = np.ndarray


def _deviations(x: Array, axis: Axis, ddof: float) -> tuple[Array, float]:
    """Return x − mean, and n − ddof."""
    n = math.prod(x.shape[a] for a in along(x, axis)) - ddof
    if n <= 0:
        raise ShapeError(f"of n elements the mean of n − ddof is taken, which is {n} here")
    return x - kernels.averaged(x, axis, True), n


@primitive()
def _var(x: Array, *, axis: Axis, ddof: float, keepdims: bool) -> Any:
    """Σ (x − mean)² / (n − ddof)

    shapes: the axes are among x's, and n, the number of elements along them, is more than ddof
    vjp: g ⊙ 2 (x − mean) / (n − ddof)
    """
    apart, n = _deviations(x, axis, ddof)
    return kernels.summed(apart * apart, axis, keepdims) / n


def _var_x(y: Array, x: Array, *, axis: Axis, ddof: float, keepdims: bool) -> Any:
    shape = x.shape
    apart, n = _deviations(x, axis, ddof)
    return lambda g: spread(g, shape, axis, keepdims) * (2 / n * apart)


_var.defvjp(_var_x)


def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
    """Return the variance of all elements, or along `axis`.

    As in NumPy the sum of squares is divided by n − ddof, and `ddof` is 0 unless said otherwise. PyTorch
    divides by n − 1, which is ``ddof=1``.
    """
    return _var(x, axis=axis, ddof=ddof, keepdims=keepdims)


@primitive()
def _std(x: Array, *, axis: Axis, ddof: float, keepdims: bool) -> Any:
    """√(Σ (x − mean)² / (n − ddof)); the gradient at a standard deviation of 0 is taken to be 0

    shapes: the axes are among x's, and n, the number of elements along them, is more than ddof
    vjp: g ⊙ (x − mean) / ((n − ddof) y), but 0 where y = 0
    """
    apart, n = _deviations(x, axis, ddof)
    return np.sqrt(kernels.summed(apart * apart, axis, keepdims) / n)


def _std_x(y: Array, x: Array, *, axis: Axis, ddof: float, keepdims: bool) -> Any:
    shape = x.shape
    apart, n = _deviations(x, axis, ddof)
    spreads = spread(y, shape, axis, keepdims)
    slope = np.where(spreads == 0, 0, apart / np.where(spreads == 0, 1, spreads)) / n
    return lambda g: spread(g, shape, axis, keepdims) * slope


_std.defvjp(_std_x)


def std(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
    """Return the standard deviation of all elements, or along `axis`; `ddof` is that of `var`."""
    return _std(x, axis=axis, ddof=ddof, keepdims=keepdims)


@primitive()
def _layer_norm(x: Array, *, axis: Axis, eps: float) -> Any:
    """(x − mean) / s, where s = √(var + eps); mean and variance (by n) along the axes

    shapes: the axes are among x's, and there is something to average
    vjp: (g − mean g − y mean(g ⊙ y)) / s
    """
    return _normalised(x, axis, eps)[0]


def _normalised(x: Array, axis: Axis, eps: float) -> tuple[Array, Array]:
    apart, n = _deviations(x, axis, 0)
    s = np.sqrt(kernels.summed(apart * apart, axis, True) / n + eps)
    return apart / s, s


def _layer_norm_x(y: Array, x: Array, *, axis: Axis, eps: float) -> Any:
    s = _normalised(x, axis, eps)[1]

    def vjp(g: Array) -> Array:
        along_y = kernels.averaged(g * y, axis, True)
        return (g - kernels.averaged(g, axis, True) - y * along_y) / s

    return vjp


_layer_norm.defvjp(_layer_norm_x)


def layer_norm(x: Any, weight: Any = None, bias: Any = None, axis: Axis = -1, eps: float = 1e-5) -> Tensor:
    """Normalise x to mean 0 and variance 1 along `axis`, then scale and shift it (Ba et al., 2016).

    Parameters
    ----------
    x : tensor
    weight, bias : tensor, optional
        They broadcast against the result: y ⊙ weight + bias.
    axis : int or tuple of int
        The last axis unless said otherwise: the units of a layer, for every row by itself.
    eps : float
        Added to the variance, so that constant rows give 0.

    Raises
    ------
    ShapeError
        If there is no such axis or nothing along it, or if weight or bias do not fit.
    ValueError
        If `eps` is negative.
    """
    if not eps >= 0:
        raise ValueError(f"layer_norm: eps is added to a variance and not negative, not {eps}")
    y = _layer_norm(x, axis=axis, eps=eps)
    y = y if weight is None else mul(y, weight)
    return y if bias is None else add(y, bias)
