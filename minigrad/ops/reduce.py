"""Reductions: many elements become one, along an axis, along several, or all of them; and running sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minigrad import kernels
from minigrad.errors import ShapeError
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["cumsum", "logsumexp", "max", "mean", "min", "norm", "prod", "sum"]

Array = np.ndarray
Axis = int | tuple[int, ...] | None


def spread(g: Array, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Array:
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
    return kernels.summed(x, axis, keepdims)


def _sum_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    return lambda g: np.broadcast_to(spread(g, shape, axis, keepdims), shape)


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
    return kernels.averaged(x, axis, keepdims)


def _mean_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape, n = x.shape, x.size // (y.size or 1)
    return lambda g: np.broadcast_to(spread(g, shape, axis, keepdims) / n, shape)


_mean.defvjp(_mean_x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average over all elements, or along `axis`."""
    return _mean(x, axis=axis, keepdims=keepdims)


def _extremum_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    number = x.dtype.type
    hit = np.where(np.equal(x, spread(y, shape, axis, keepdims)), number(1), number(0))
    share = hit / np.maximum(hit.sum(axis=axis, keepdims=True), number(1))  # NaN is hit by nothing
    return lambda g: spread(g, shape, axis, keepdims) * share


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
        out = np.log(kernels.summed(np.exp(x - top), axis, True)) + top
    return out if keepdims else out.squeeze(axis)


def _logsumexp_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    share = np.exp(x - spread(y, shape, axis, keepdims))
    return lambda g: spread(g, shape, axis, keepdims) * share


_logsumexp.defvjp(_logsumexp_x)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return log Σ eˣ over all elements, or along `axis`."""
    return _logsumexp(x, axis=axis, keepdims=keepdims)


@primitive()
def _prod(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """Π x

    shapes: the axes are among x's
    vjp: g ⊙ (the product of the other elements), also where some are 0
    """
    return x.prod(axis=axis, keepdims=keepdims)


def _prod_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    axes = along(x, axis)
    last = tuple(range(-len(axes), 0))
    rows = np.moveaxis(x, axes, last)
    # Products of what stands before and after each element: y / x would be 0 / 0 at a zero.
    flat = rows.reshape(*rows.shape[: x.ndim - len(axes)], math.prod(shape[a] for a in axes))
    before, after = np.ones_like(flat), np.ones_like(flat)
    np.cumprod(flat[..., :-1], axis=-1, out=before[..., 1:])
    after[..., :-1] = np.cumprod(flat[..., :0:-1], axis=-1)[..., ::-1]
    others = np.moveaxis((before * after).reshape(rows.shape), last, axes)
    return lambda g: spread(g, shape, axis, keepdims) * others


_prod.defvjp(_prod_x)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Multiply all elements, or along `axis`; the product of nothing is 1."""
    return _prod(x, axis=axis, keepdims=keepdims)


@primitive()
def _norm(x: Array, *, axis: Axis, keepdims: bool) -> Any:
    """√Σ x², the Euclidean norm, without overflow or underflow of squares; the gradient at 0 is taken to be 0

    shapes: the axes are among x's
    vjp: g ⊙ x / y, but 0 where y = 0
    """
    size = np.abs(x).max(axis=axis, keepdims=True, initial=0)
    size = np.where(np.isfinite(size) & (size > 0), size, 1)
    scaled = x / size
    y = size * np.sqrt(kernels.summed(scaled * scaled, axis, True))
    return y if keepdims else y.squeeze(tuple(range(x.ndim)) if axis is None else axis)


def _norm_x(y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Any:
    shape = x.shape
    norms = spread(y, shape, axis, keepdims)
    unit = x / np.where(norms == 0, 1, norms)
    return lambda g: spread(g, shape, axis, keepdims) * unit


_norm.defvjp(_norm_x)


def norm(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the Euclidean norm of all elements, or along `axis`; with two axes, that of Frobenius."""
    return _norm(x, axis=axis, keepdims=keepdims)


@primitive(linear=True)
def _cumsum(x: Array, *, axis: int | None) -> Any:
    """The sums of x's first 1, 2, … elements along an axis; without one, of x's elements in order

    shapes: the axis is one of x's
    vjp: g, summed from each place to the end
    """
    return x.cumsum(axis)


def _cumsum_x(y: Array, x: Array, *, axis: int | None) -> Any:
    shape = x.shape
    running = 0 if axis is None else axis
    return lambda g: np.flip(np.flip(g, running).cumsum(running), running).reshape(shape)


_cumsum.defvjp(_cumsum_x)


def cumsum(x: Any, axis: int | None = None) -> Tensor:
    """Return the running sums along `axis`, or of all elements as one vector."""
    return _cumsum(x, axis=axis)


def along(x: Array, axis: Axis) -> tuple[int, ...]:
    """Return the numbers of the reduced axes, counted from 0."""
    return tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)


def _refuse_nothing(x: Array, axis: Axis) -> None:
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    if any(x.shape[a] == 0 for a in axes):
        raise ShapeError("the reduced axis is empty")
