"""Reductions: many elements become one, along an axis, along several, or all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["logsumexp", "max", "mean", "min", "sum"]

Array = np.ndarray
Axis = int | tuple[int, ...] | None


def _spread(g: Array, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Array:
    """Give g back the axes that the reduction removed, with length 1, so that it broadcasts."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    elif axis is None:
        g = np.reshape(g, (1,) * len(shape))
    return g


@primitive(linear=True)
def _sum(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """Σ x

    shapes: the axes are among x's
    vjp: g, repeated along the summed axes
    """
    return x.sum(axis=axis, keepdims=keepdims)


def _sum_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    return lambda g: np.broadcast_to(_spread(g, shape, axis, keepdims), shape)


_sum.defvjp(_sum_x)


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over all elements, or along `axis`; the sum of nothing is 0."""
    return _sum(x, axis=axis, keepdims=keepdims)


@primitive(linear=True)
def _mean(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """Σ x / n

    shapes: the axes are among x's, and there is something to average
    vjp: g / n, repeated along the averaged axes
    """
    _refuse_nothing(x, axis)
    return x.mean(axis=axis, keepdims=keepdims)


def _mean_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape, n = x.shape, x.size // (y.size or 1)
    return lambda g: np.broadcast_to(_spread(g, shape, axis, keepdims) / n, shape)


_mean.defvjp(_mean_x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average over all elements, or along `axis`."""
    return _mean(x, axis=axis, keepdims=keepdims)


def _extremum_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    hit = x == _spread(y, shape, axis, keepdims)
    share = (hit / np.maximum(hit.sum(axis=axis, keepdims=True), 1)).astype(x.dtype)
    return lambda g: _spread(g, shape, axis, keepdims) * share


@primitive(analytic=False)
def _max(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """The largest element; NaN if one is NaN. Elements that share the maximum share its gradient.

    shapes: the axes are among x's, and there is something to choose from
    vjp: g ⊙ [x = max] / (number of maxima)
    """
    _refuse_nothing(x, axis)
    return x.max(axis=axis, keepdims=keepdims)


_max.defvjp(_extremum_x)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element, or the largest along `axis`."""
    return _max(x, axis=axis, keepdims=keepdims)


@primitive(analytic=False)
def _min(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """The smallest element; NaN if one is NaN. Elements that share the minimum share its gradient.

    shapes: the axes are among x's, and there is something to choose from
    vjp: g ⊙ [x = min] / (number of minima)
    """
    _refuse_nothing(x, axis)
    return x.min(axis=axis, keepdims=keepdims)


_min.defvjp(_extremum_x)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element, or the smallest along `axis`."""
    return _min(x, axis=axis, keepdims=keepdims)


@primitive()
def _logsumexp(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """log Σ eˣ, computed without overflow

    shapes: the axes are among x's, and there is something to sum
    vjp: g ⊙ e^(x − y)
    """
    _refuse_nothing(x, axis)
    top = x.real.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # inf − inf would turn an infinite maximum into NaN
    with np.errstate(divide="ignore"):
        out = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return out if keepdims else out.squeeze(axis)


def _logsumexp_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    share = np.exp(x - _spread(y, shape, axis, keepdims))
    return lambda g: _spread(g, shape, axis, keepdims) * share


_logsumexp.defvjp(_logsumexp_x)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return log Σ eˣ over all elements, or along `axis`."""
    return _logsumexp(x, axis=axis, keepdims=keepdims)


def _refuse_nothing(x: Array, axis: Axis) -> None:
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    if any(x.shape[a] == 0 for a in axes):
        raise ShapeError("the reduced axis is empty")
