"""A classifier's last layer and its loss as one operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.errors import ShapeError
from minigrad.ops.indices import indices
from minigrad.primitive import primitive
from minigrad.tensor import Tensor, as_tensor

__all__ = ["linear_cross_entropy"]

Array = np.ndarray


@primitive(fresh=True, index="rows")
def _linear_cross_entropy(
    x: Array, W: Array, b: Array, *,
    rows: Array, labels: Array, scale: float, by_x: Array, by_W: Array, by_b: Array,
) -> Any:  # fmt: skip
    """Σ −log p[label] · scale over the rows, where p = softmax(W x[row] + b)

    The derivatives for g = 1 are stored in by_x, by_W and by_b.

    shapes: x (N, D), W (classes, D), b (classes,), rows (n,), labels (n,) → ()
    vjp: g s W in the rows read (SparseRows), g sᵀ x[rows], g Σ s, where s = (p − onehot(label)) · scale
    """
    if x.ndim != 2 or W.ndim != 2 or x.shape[1] != W.shape[1] or b.shape != W.shape[:1]:
        raise ShapeError("x has a vector per row, W a vector and b a number per class")
    if rows.ndim != 1 or labels.shape != rows.shape:
        raise ShapeError(f"labels {labels.shape} for rows {rows.shape}")
    loss = kernels.linear_cross_entropy(by_x, by_W, by_b, x, W, b, rows, labels, scale)
    return np.asarray(loss, by_x.dtype)


def _head_x(y: Array, x: Array, W: Array, b: Array, rows: Array, by_x: Array, **rest: Any) -> Any:
    height = x.shape[0]
    return lambda g: SparseRows(rows, g * by_x, height)


def _head_W(y: Array, x: Array, W: Array, b: Array, by_W: Array, **rest: Any) -> Any:
    return lambda g: g * by_W


def _head_b(y: Array, x: Array, W: Array, b: Array, by_b: Array, **rest: Any) -> Any:
    return lambda g: g * by_b


_linear_cross_entropy.defvjp(_head_x, _head_W, _head_b)


def linear_cross_entropy(
    x: Any, W: Any, b: Any, labels: Any, rows: Any = None, divisor: int | None = None
) -> Tensor:
    """Return the mean cross-entropy of softmax(W x + b) with integer labels, over some rows of x.

    The same as ``cross_entropy(gather(x, rows) @ W.T + b, labels)``, in one operation: on a minibatch of a
    few trees, calling six costs more than computing them.

    Parameters
    ----------
    x : tensor (N, D)
        Its gradient is sparse: only the rows that were read have one.
    W : tensor (classes, D)
    b : tensor (classes,)
    labels : integers (n,) in 0..classes−1
    rows : integers (n,) in 0..N−1, optional
        Which rows of x the labels belong to; all of them if left out.
    divisor : int, optional
        What the sum over the rows is divided by, if not by their number n.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    TypeError
        If the labels or rows are not integers.
    IndexError
        If a row number lies outside x; the text names it and its position.
    ValueError
        If a label lies outside 0..classes−1 (the text names it and its position), or the
        divisor is not positive.
    """
    op, at = "linear_cross_entropy", "at position"
    x, W, b = as_tensor(x), as_tensor(W), as_tensor(b)
    height = x.shape[0] if x.ndim else 0
    if rows is None:
        rows = np.arange(height)
    else:
        of = "the rows of x"
        rows = indices(rows, height, op=op, name="row number", at=at, of=of, error=IndexError)
    labels = indices(labels, b.size, op=op, name="label", at=at, of="the classes of W and b")
    divisor = len(rows) if divisor is None else divisor
    if not divisor > 0:
        raise ValueError(f"{op}: the loss is divided by the number of rows or by divisor, not by {divisor}")
    dtype = np.result_type(x.dtype, W.dtype, b.dtype)
    shapes = {"by_x": (labels.size, *x.shape[1:]), "by_W": W.shape, "by_b": b.shape}
    derivatives = {name: np.empty(shape, dtype) for name, shape in shapes.items()}
    return _linear_cross_entropy(x, W, b, rows=rows, labels=labels, scale=1 / divisor, **derivatives)
