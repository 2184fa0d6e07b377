"""Sums that training takes at every step, where NumPy's general reduction is mostly overhead."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray
SMALL = 1e-290  # a sum of squares below this has lost digits: some were denormal, or 0


def _column_sums_twin(x: Array) -> Array:
    return x.sum(axis=0)


@kernel(twin=_column_sums_twin)
def column_sums(x: Array) -> Array:
    """Sum over the rows: (n, m) -> (m,). The cotangent of a bias that was added to n rows."""
    out = np.zeros(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[j] += x[i, j]
    return out


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
