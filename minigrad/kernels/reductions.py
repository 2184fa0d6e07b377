"""Sums that training takes at every step, where NumPy's general reduction is mostly overhead."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray
MANY = 4096  # float32 elements: so many are added up one after the other with an error of 1e-4 at most
SMALL = 1e-290  # a sum of squares below this has lost digits: some were denormal, or 0


def summed(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Return ``x.sum(axis, keepdims)``; of many float32 elements, added up in float64.

    One after the other, as NumPy adds up rows, float32 sums stand still at 2²⁴: adding 1 changes nothing.
    """
    if x.dtype == np.float32 and x.size > MANY:
        return x.sum(axis=axis, keepdims=keepdims, dtype=np.float64).astype(np.float32)
    return x.sum(axis=axis, keepdims=keepdims)


def averaged(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Return ``x.mean(axis, keepdims)``; of many float32 elements, added up in float64."""
    if x.dtype == np.float32 and x.size > MANY:
        return x.mean(axis=axis, keepdims=keepdims, dtype=np.float64).astype(np.float32)
    return x.mean(axis=axis, keepdims=keepdims)


def _column_sums_twin(x: Array) -> Array:
    return summed(x, axis=0)


@kernel(twin=_column_sums_twin)
def column_sums(x: Array) -> Array:
    """Sum over the rows: (n, m) -> (m,). The cotangent of a bias that was added to n rows.

    Blocks of rows are added up in x's dtype, their sums in float64.
    """
    n, m = x.shape
    total = np.zeros(m, np.float64)
    block = np.empty(m, x.dtype)
    for low in range(0, n, MANY):
        block[:] = 0
        for i in range(low, min(low + MANY, n)):
            for j in range(m):
                block[j] += x[i, j]
        for j in range(m):
            total[j] += block[j]
    return total.astype(x.dtype)


def _squared_norm_twin(x: Array) -> float:
    with np.errstate(over="ignore"):  # a compiled loop overflows to inf without a word
        return float(np.sum(np.square(x, dtype=np.float64)))


@kernel(twin=_squared_norm_twin)
def squared_norm(x: Array) -> float:
    """Return the sum of squares of all elements, added up in float64."""
    flat = x.ravel()
    total = 0.0
    for k in range(flat.size):
        value = np.float64(flat[k])
        total += value * value
    return total


def euclidean_norm(*arrays: Array) -> float:
    """Return the norm of all elements of some arrays together; its squares neither overflow nor vanish.

    It is inf only if an element is, or if the norm itself lies beyond float64.
    """
    total = sum(map(squared_norm, arrays))
    if SMALL < total < np.inf:
        return float(np.sqrt(total))
    peak = float(np.max([np.abs(x).max(initial=0) for x in arrays], initial=0))
    if not 0 < peak < np.inf:
        return peak
    return peak * float(np.sqrt(sum(squared_norm(np.divide(x, peak, dtype=np.float64)) for x in arrays)))


def _row_norms_twin(x: Array, rows: Array) -> Array:
    return np.array([euclidean_norm(x[row]) for row in rows], np.float64)


@kernel(twin=_row_norms_twin)
def row_norms(x: Array, rows: Array) -> Array:
    """Return the Euclidean norms of some rows, in float64: (N, D) and intp (n,) -> (n,)."""
    out = np.empty(rows.size)
    for k in range(rows.size):
        row = rows[k]
        total, peak = 0.0, 0.0
        for j in range(x.shape[1]):
            value = np.float64(x[row, j])
            total += value * value
        out[k] = np.sqrt(total)
        if SMALL < total < np.inf:
            continue
        for j in range(x.shape[1]):
            peak = max(peak, abs(np.float64(x[row, j])))
        if 0 < peak < np.inf:
            total = 0.0
            for j in range(x.shape[1]):
                value = np.float64(x[row, j]) / peak
                total += value * value
            out[k] = peak * np.sqrt(total)
    return out
