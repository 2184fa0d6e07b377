"""Broadcasting backwards: what was repeated in forward is summed in backward."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigrad import kernels

Array = np.ndarray


def sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum `g` over the axes along which an operand of `shape` was repeated to give `g.shape`."""
    if g.shape == shape:
        return g
    if g.ndim == 2 and shape == g.shape[1:] and g.dtype.kind == "f":
        return kernels.column_sums(g)
    extra = g.ndim - len(shape)
    repeated = [extra + k for k, n in enumerate(shape) if n == 1 and g.shape[extra + k] != 1]
    return kernels.summed(g, (*range(extra), *repeated), keepdims=True).reshape(shape)


def same(g: Array) -> Array:
    """Pass a cotangent on unchanged."""
    return g


def unbroadcast(x: Array, y: Array) -> Callable[[Array], Array]:
    """Return the vjp of broadcasting `x` to the shape of `y`, which keeps only x's shape."""
    shape = x.shape
    return same if shape == y.shape else lambda g: sum_to(g, shape)
