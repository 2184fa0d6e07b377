"""Softmax over the last axis of a matrix, and its fusion with the cross-entropy of integer labels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from minigrad.kernels.jit import compiled, kernel

Array = np.ndarray


def _shift(x: Array) -> Array:
    # Any shift leaves softmax as it is; the largest real part avoids overflow, also for complex x.
    return x - x.real.max(axis=1, keepdims=True)


def _softmax_twin(x: Array) -> Array:
    e = np.exp(_shift(x))
    return e / e.sum(axis=1, keepdims=True)


def _log_softmax_twin(x: Array) -> Array:
    shifted = _shift(x)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@partial(compiled, cache=False)  # processes that add a dtype each to a file of Numba's may mix them up
def _softmax_of_row(x, p):  # type: ignore[no-untyped-def]
    # Softmax of x goes into p, which may be its memory; log Σ exp(x) is returned.
    top = x[0]
    for j in range(1, x.size):
        top = max(top, x[j])
    total = x.dtype.type(0)
    for j in range(x.size):
        p[j] = np.exp(x[j] - top)
        total += p[j]
    for j in range(x.size):
        p[j] /= total
    return np.log(total) + top


@kernel(twin=_softmax_twin)
def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) along each row: (n, m) -> (n, m), m ≥ 1."""
    out = np.empty(x.shape, x.dtype)
    for i in range(len(x)):
        _softmax_of_row(x[i], out[i])
    return out


@kernel(twin=_log_softmax_twin)
def log_softmax(x: Array) -> Array:
    """x − log Σ exp(x) along each row: (n, m) -> (n, m), m ≥ 1."""
    out = np.empty(x.shape, x.dtype)
    for i in range(len(x)):
        shift = _softmax_of_row(x[i], out[i])
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] - shift
    return out


def _cross_entropy_twin(logits: Array, labels: Array, p: Array) -> Array:
    log_p = _log_softmax_twin(logits)
    p[:] = np.exp(log_p)
    return -log_p[np.arange(len(labels)), labels]


@kernel(twin=_cross_entropy_twin)
def cross_entropy(logits: Array, labels: Array, p: Array) -> Array:
    """−log softmax(x)[label] of each row; the softmax itself, which the vjp needs, goes into `p`.

    (n, m), intp (n,), (n, m) -> (n,). Labels are trusted to lie in 0..m−1.
    """
    losses = np.empty(labels.size, logits.dtype)
    for i in range(labels.size):
        losses[i] = _softmax_of_row(logits[i], p[i]) - logits[i, labels[i]]
    return losses


def _cross_entropy_vjp_twin(g: Array, p: Array, labels: Array) -> Array:
    out = g[:, None] * p
    out[np.arange(len(labels)), labels] -= g
    return out


@kernel(twin=_cross_entropy_vjp_twin)
def cross_entropy_vjp(g: Array, p: Array, labels: Array) -> Array:
    """g · (softmax − one-hot label) for each row: (n,), (n, m), intp (n,) -> (n, m)."""
    n, m = p.shape
    out = np.empty((n, m), p.dtype)
    for i in range(n):
        for j in range(m):
            out[i, j] = g[i] * p[i, j]
        out[i, labels[i]] -= g[i]
    return out


def _linear_cross_entropy_twin(
    by_x: Array, by_W: Array, by_b: Array,
    x: Array, W: Array, b: Array, rows: Array, labels: Array, scale: float,
) -> Any:  # fmt: skip
    slopes = np.empty((len(labels), len(b)), by_x.dtype)
    losses = _cross_entropy_twin(x[rows] @ W.T + b, labels, slopes)
    slopes[np.arange(len(labels)), labels] -= 1
    slopes *= slopes.dtype.type(scale)
    by_x[:], by_W[:], by_b[:] = slopes @ W, slopes.T @ x[rows], slopes.sum(axis=0)
    return losses.sum(dtype=np.result_type(losses, np.float64)) * scale


@kernel(twin=_linear_cross_entropy_twin)
def linear_cross_entropy(
    by_x: Array, by_W: Array, by_b: Array,
    x: Array, W: Array, b: Array, rows: Array, labels: Array, scale: float,
) -> float:  # fmt: skip
    """scale · Σ −log softmax(W x[row] + b)[label], and its derivatives, in one go.

    The derivatives are, with s = scale · (softmax − one-hot label) for each row: s W (n, D) by the rows read,
    sᵀ x[rows] (m, D), Σ s (m,); they are filled in. Then (N, D), (m, D), (m,), intp (n,), intp (n,). Rows are
    trusted to lie in 0..N−1, labels in 0..m−1.
    """
    total = 0.0  # float64
    scale_ = by_x.dtype.type(scale)
    s = np.empty(b.size, by_x.dtype)
    by_W[:] = 0
    by_b[:] = 0
    for i in range(rows.size):
        row = x[rows[i]]
        for j in range(b.size):
            score = by_x.dtype.type(0)
            for d in range(row.size):
                score += W[j, d] * row[d]
            s[j] = score + b[j]
        score = s[labels[i]]
        total += _softmax_of_row(s, s) - score
        s[labels[i]] -= 1
        by_x[i] = 0
        for j in range(b.size):
            slope = s[j] * scale_
            by_b[j] += slope
            for d in range(row.size):
                by_x[i, d] += slope * W[j, d]
                by_W[j, d] += slope * row[d]
    return total * scale
