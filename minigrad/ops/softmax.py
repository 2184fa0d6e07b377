"""Softmax, its logarithm, and the cross-entropy loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.errors import ShapeError
from minigrad.ops.indices import indices
from minigrad.primitive import primitive
from minigrad.symbol import Symbol, UnsupportedError
from minigrad.tensor import Tensor, as_tensor

__all__ = ["cross_entropy", "log_softmax", "softmax"]

Array = np.ndarray


def _along(axis: int, x: Array, function: Callable[[Array], Array]) -> Array:
    """Apply a function of the rows of a matrix along any axis of any array."""
    if not -x.ndim <= axis < x.ndim or x.shape[axis] == 0:
        raise ShapeError("softmax needs an axis with at least one element")
    if isinstance(x, Symbol):
        if axis % x.ndim != x.ndim - 1:
            raise UnsupportedError("softmax along another axis than the last")
        return function(x)
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
    lambda y, x, axis: lambda g: y * (g - kernels.summed(g * y, axis, True)),
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
    lambda y, x, axis: lambda g: g - np.exp(y) * kernels.summed(g, axis, True),
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
    # The cotangent of a mean is a view that can't be written, for which Numba would compile the loop anew
    lambda y, logits, labels, p: lambda g: kernels.cross_entropy_vjp(g.copy(), p, labels),
)


@primitive()
def _target_cross_entropy(logits: Array, *, targets: Array) -> Any:
    """−Σ q log p over the classes, for every row, where p = softmax(logits) and q are the targets

    shapes: logits (n, classes), targets (n, classes) → (n,)
    vjp: g (p Σ q − q)
    """
    if logits.ndim != 2 or targets.shape != logits.shape:
        raise ShapeError(f"labels {targets.shape[:-1]} for logits {logits.shape}")
    log_p = kernels.log_softmax(np.ascontiguousarray(logits))
    return -(targets * np.where(targets == 0, 0, log_p)).sum(axis=1)  # 0 log 0 is 0


def _target_cross_entropy_vjp(y: Array, logits: Array, *, targets: Array) -> Any:
    slopes = kernels.softmax(np.ascontiguousarray(logits)) * targets.sum(axis=1, keepdims=True) - targets
    return lambda g: g[:, None] * slopes


_target_cross_entropy.defvjp(_target_cross_entropy_vjp)


def cross_entropy(
    logits: Any,
    labels: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross-entropy of softmax(logits) with integer labels.

    With the weights w of the classes and the smoothing ε, the loss of a row with the label y is
    (1 − ε) w[y] (−log p[y]) + ε/classes Σ w[c] (−log p[c]), as in PyTorch. The mean divides by the sum of
    w[y] over the rows, which without weights is their number.

    Parameters
    ----------
    logits : tensor (n, classes)
    labels : integers (n,) in 0..classes−1
    reduction : "mean", "sum" or "none"
        Over the rows. The mean needs at least one row.
    weight : array (classes,), optional
        How much a row of each class counts; a constant.
    ignore_index : int, optional
        A label, of any value, whose rows are left out: their loss is 0, and the mean does not count them.
    label_smoothing : float
        ε in [0, 1].

    Raises
    ------
    ShapeError
        If the shapes do not fit, or there is no row to average over.
    TypeError
        If the labels are not integers, or the weights require a gradient.
    ValueError
        If a label lies outside 0..classes−1 (the text names it and its row), a weight is negative or not
        finite, the smoothing lies outside [0, 1], or `reduction` is unknown.
    """
    logits = as_tensor(logits)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is in [0, 1], not {label_smoothing}")
    classes = logits.shape[-1] if logits.ndim else 0
    of = f"the classes of {logits.name or 'the logits'} {logits.shape}"
    given = labels.data if isinstance(labels, Tensor) else np.asarray(labels)
    kept = np.ones(given.shape, bool) if ignore_index is None else given != ignore_index
    if ignore_index is not None:
        labels = np.where(kept, given, given.dtype.type(0))
    numbers = indices(labels, classes, op="cross_entropy", name="label", at="of row", of=of)
    if weight is None and ignore_index is None and not label_smoothing:
        losses = _cross_entropy(logits, labels=numbers, p=np.empty(logits.shape, logits.dtype))
        return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()
    w = _weights(weight, classes, logits.dtype)
    counts = np.where(kept, w.take(numbers), 0)  # of each row
    hit = numbers[..., None] == np.arange(classes)
    shares = (1 - label_smoothing) * hit + label_smoothing / max(classes, 1)
    targets = np.asarray(kept[..., None] * shares * w, logits.dtype)
    losses = _target_cross_entropy(logits, targets=targets)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    total = counts.sum(dtype=np.float64)
    if not total > 0:
        raise ShapeError(
            "cross_entropy: a mean over no row; all are ignored or of weight 0, or there is none"
        )
    return losses.sum() / float(total)


def _weights(weight: Any, classes: int, dtype: Any) -> Array:
    """Return the weights of the classes, (classes,)."""
    if weight is None:
        return np.ones(classes, dtype.type(0).real.dtype)
    if isinstance(weight, Tensor):
        if weight.requires_grad:
            raise TypeError("cross_entropy: weights are constants, but these require a gradient")
        weight = weight.data
    weight = np.asarray(weight, dtype.type(0).real.dtype)
    if weight.shape != (classes,):
        raise ShapeError(f"cross_entropy: weights of shape {weight.shape} for {classes} classes")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError(f"cross_entropy: weights are finite and not negative, not {weight}")
    return weight
