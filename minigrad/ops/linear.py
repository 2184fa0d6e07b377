"""Products of vectors and matrices, and transposition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.ops.arithmetic import add
from minigrad.ops.broadcast import sum_to
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["bilinear", "matmul", "transpose"]

Array = np.ndarray


@primitive()
def matmul(a: Array, b: Array) -> Any:
    """a @ b, as NumPy's ``@``: vectors, matrices, and stacks of matrices that broadcast

    shapes: (…, n, k) @ (…, k, m) → (…, n, m); a vector is a row on the left, a column on the right
    vjp: g bᵀ, aᵀ g
    """
    if a.ndim == b.ndim == 2:
        return a.dot(b)  # for matrices the same as @, with half its overhead
    return a @ b


def _matmul_a(y: Array, a: Array, b: Array) -> Any:
    shape = a.shape
    if a.ndim == b.ndim == 2:
        return lambda g: g.dot(b.T)
    if b.ndim == 1:
        return lambda g: sum_to(np.expand_dims(g, -1) * b, shape)
    if a.ndim == 1:
        return lambda g: sum_to((np.expand_dims(g, -2) @ b.swapaxes(-1, -2))[..., 0, :], shape)
    return lambda g: sum_to(g @ b.swapaxes(-1, -2), shape)


def _matmul_b(y: Array, a: Array, b: Array) -> Any:
    shape = b.shape
    if a.ndim == b.ndim == 2:
        return lambda g: a.T.dot(g)
    if a.ndim == 1:
        outer = np.expand_dims(a, -1) if b.ndim > 1 else a
        return lambda g: sum_to(outer * (np.expand_dims(g, -2) if b.ndim > 1 else g), shape)
    if b.ndim == 1:
        return lambda g: sum_to((a.swapaxes(-1, -2) @ np.expand_dims(g, -1))[..., 0], shape)
    return lambda g: sum_to(a.swapaxes(-1, -2) @ g, shape)


matmul.defvjp(_matmul_a, _matmul_b)


@primitive()
def _bilinear(x: Array, y: Array, W: Array) -> Any:
    """xᵀ W[k] y for every k, row by row; a bias is added

    shapes: x (…, D), y (…, E) with the same rows, weight (K, D, E), bias (K,) → (…, K)
    vjp: Σₖ g[k] W[k] y, Σₖ g[k] W[k]ᵀ x, and of W[k]: g[k] x yᵀ, summed over the rows
    """
    fits = W.ndim == 3 and x.shape[:-1] == y.shape[:-1] and x.shape[-1:] + y.shape[-1:] == W.shape[1:]
    if not fits:
        raise ShapeError("x, y and the weight")
    return _contract("...d,kde,...e->...k", x, W, y, first=(1, 2))


def _contract(form: str, *operands: Array, first: tuple[int, int]) -> Any:
    """Sum a product of three; with the right `first` two, one product of matrices does the work."""
    return np.einsum(form, *operands, optimize=["einsum_path", first, (0, 1)])


_bilinear.defvjp(
    lambda result, x, y, W: lambda g: _contract("...k,kde,...e->...d", g, W, y, first=(0, 1)),
    lambda result, x, y, W: lambda g: _contract("...k,kde,...d->...e", g, W, x, first=(0, 1)),
    lambda result, x, y, W: lambda g: _contract("...k,...d,...e->kde", g, x, y, first=(1, 2)),
)


def bilinear(x: Any, y: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return xᵀ W[k] y + b[k] for every k: what a neural tensor network adds (Socher et al., 2013).

    Parameters
    ----------
    x : tensor (…, D)
    y : tensor (…, E)
    weight : tensor (K, D, E)
    bias : tensor (K,), optional

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    """
    product = _bilinear(x, y, weight)
    return product if bias is None else add(product, bias)


@primitive(linear=True, view=True)
def _transpose(x: Array, *, axes: Sequence[int] | None) -> Any:
    """x with its axes in another order

    shapes: axes is a permutation of x's axes
    vjp: g with its axes back in their order
    """
    return x.transpose(axes)


def _transpose_x(y: Array, x: Array, *, axes: Sequence[int] | None) -> Any:
    back = None if axes is None else np.argsort([a % x.ndim for a in axes])
    return lambda g: g.transpose(back)


_transpose.defvjp(_transpose_x)


def transpose(x: Any, *axes: Any) -> Any:
    """Return x with its axes permuted: ``transpose(x, 1, 0)`` or ``transpose(x, (1, 0))``.

    Without `axes` they are reversed; ``x.T`` is short for that.
    """
    if not axes:
        return _transpose(x, axes=None)
    if len(axes) == 1 and not isinstance(axes[0], int | np.integer):
        axes = axes[0]
    return _transpose(x, axes=axes)
