"""Products and transposition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.ops.broadcast import sum_to
from minigrad.primitive import primitive

Array = np.ndarray


@primitive()
def matmul(x: Array, y: Array) -> Any:
    """x y, as NumPy's ``@``: vectors, matrices, and stacks of matrices that broadcast

    shapes: (…, n, k) @ (…, k, m) → (…, n, m); a vector is a row on the left, a column on the right
    vjp: g yᵀ, xᵀ g
    """
    if x.ndim == y.ndim == 2:
        return x.dot(y)  # for matrices the same as @, with half its overhead
    return x @ y


def _matmul_x(ans: Array, x: Array, y: Array) -> Any:
    shape = x.shape
    if x.ndim == y.ndim == 2:
        return lambda g: g.dot(y.T)
    if y.ndim == 1:
        return lambda g: sum_to(np.expand_dims(g, -1) * y, shape)
    if x.ndim == 1:
        return lambda g: sum_to((np.expand_dims(g, -2) @ y.swapaxes(-1, -2))[..., 0, :], shape)
    return lambda g: sum_to(g @ y.swapaxes(-1, -2), shape)


def _matmul_y(ans: Array, x: Array, y: Array) -> Any:
    shape = y.shape
    if x.ndim == y.ndim == 2:
        return lambda g: x.T.dot(g)
    if x.ndim == 1:
        outer = np.expand_dims(x, -1) if y.ndim > 1 else x
        return lambda g: sum_to(outer * (np.expand_dims(g, -2) if y.ndim > 1 else g), shape)
    if y.ndim == 1:
        return lambda g: sum_to((x.swapaxes(-1, -2) @ np.expand_dims(g, -1))[..., 0], shape)
    return lambda g: sum_to(x.swapaxes(-1, -2) @ g, shape)


matmul.defvjp(_matmul_x, _matmul_y)


@primitive(linear=True, view=True)
def _transpose(x: Array, *, axes: Sequence[int] | None) -> Any:
    """x with its axes in another order

    shapes: axes is a permutation of x's axes
    vjp: g with its axes back in their order
    """
    return x.transpose(axes)


def _transpose_x(ans: Array, x: Array, *, axes: Sequence[int] | None) -> Any:
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
