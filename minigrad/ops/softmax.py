"""Softmax, its logarithm, and the cross-entropy loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.errors import ShapeError
from minigrad.ops.indices import indices
from minigrad.primitive import primitive
from minigrad.tensor import Tensor, as_tensor

__all__ = ["cross_entropy", "log_softmax", "softmax"]

Array = np.ndarray


def _along(axis: int, x: Array, function: Callable[[Array], Array]) -> Array:
    """Apply a function of the rows of a matrix along any axis of any array."""
    if not -x.ndim <= axis < x.ndim or x.shape[axis] == 0:
        raise ShapeError("softmax needs an axis with at least one element")
    last = np.moveaxis(x, axis, -1)
    rows = np.ascontiguousarray(last).reshape(-1, last.shape[-1])
    return np.moveaxis(function(rows).reshape(last.shape), -1, axis)


@primitive()
def _softmax(x: Array, *, axis: int) -> Any:
    """eˣ / Σ eˣ along an axis

    shapes: the axis is one of x's and not empty
    vjp: y ⊙ (g − Σ g ⊙ y)
    """
    return _along(axis, x, kernels.softmax)


_softmax.defvjp(
    lambda y, x, axis: lambda g: y * (g - (g * y).sum(axis=axis, keepdims=True)),
)


def softmax(x: Any, axis: int = -1) -> Tensor:
    """Turn scores into probabilities that sum to 1 along `axis`."""
    return _softmax(x, axis=axis)


@primitive()
def _log_softmax(x: Array, *, axis: int) -> Any:
    """x − log Σ eˣ along an axis

    shapes: the axis is one of x's and not empty
    vjp: g − eʸ ⊙ Σ g
    """
    return _along(axis, x, kernels.log_softmax)


_log_softmax.defvjp(
    lambda y, x, axis: lambda g: g - np.exp(y) * g.sum(axis=axis, keepdims=True),
)


def log_softmax(x: Any, axis: int = -1) -> Tensor:
    """Return the logarithm of `softmax`, without its rounding to zero."""
    return _log_softmax(x, axis=axis)


@primitive()
def _cross_entropy(logits: Array, *, labels: Array, p: Array) -> Any:
    """−log p[label] of every row, where p = softmax(logits) is stored for the vjp

    shapes: logits (n, classes), labels (n,) → (n,)
    vjp: g (p − onehot(label))
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ShapeError(f"labels {labels.shape} for logits {logits.shape}")
    return kernels.cross_entropy(np.ascontiguousarray(logits), labels, p)


_cross_entropy.defvjp(
    lambda y, logits, labels, p: lambda g: kernels.cross_entropy_vjp(g, p, labels),
)


def cross_entropy(logits: Any, labels: Any, reduction: str = "mean") -> Tensor:
    """Return the cross-entropy of softmax(logits) with integer labels.

    Parameters
    ----------
    logits : tensor (n, classes)
    labels : integers (n,) in 0..classes−1
    reduction : "mean", "sum" or "none"
        Over the rows. The mean needs at least one row.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    TypeError
        If the labels are not integers.
    ValueError
        If a label lies outside 0..classes−1 (the text names it and its row), or `reduction` is unknown.
    """
    logits = as_tensor(logits)
    classes = logits.shape[-1] if logits.ndim else 0
    of = f"the classes of {logits.name or 'the logits'} {logits.shape}"
    numbers = indices(labels, classes, op="cross_entropy", name="label", at="of row", of=of)
    losses = _cross_entropy(logits, labels=numbers, p=np.empty(logits.shape, logits.dtype))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
