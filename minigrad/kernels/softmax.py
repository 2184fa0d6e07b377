"""Softmax over the last axis of a matrix, and its fusion with the cross-entropy of integer labels."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray


def _shift(x: Array) -> Array:
    # Any shift leaves softmax as it is; the largest real part avoids overflow, also for complex x.
    return x - x.real.max(axis=1, keepdims=True)


def _softmax_twin(x: Array) -> Array:
    e = np.exp(_shift(x))
    return e / e.sum(axis=1, keepdims=True)


@kernel(twin=_softmax_twin)
def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) along each row: (n, m) -> (n, m), m ≥ 1."""
    n, m = x.shape
    out = np.empty((n, m), x.dtype)
    for i in range(n):
        top = x[i, 0]
        for j in range(1, m):
            top = max(top, x[i, j])
        total = x.dtype.type(0)
        for j in range(m):
            out[i, j] = np.exp(x[i, j] - top)
            total += out[i, j]
        for j in range(m):
            out[i, j] /= total
    return out


def _log_softmax_twin(x: Array) -> Array:
    shifted = _shift(x)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@kernel(twin=_log_softmax_twin)
def log_softmax(x: Array) -> Array:
    """x − log Σ exp(x) along each row: (n, m) -> (n, m), m ≥ 1."""
    n, m = x.shape
    out = np.empty((n, m), x.dtype)
    for i in range(n):
        top = x[i, 0]
        for j in range(1, m):
            top = max(top, x[i, j])
        total = x.dtype.type(0)
        for j in range(m):
            total += np.exp(x[i, j] - top)
        shift = top + np.log(total)
        for j in range(m):
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
    n, m = logits.shape
    losses = np.empty(n, logits.dtype)
    for i in range(n):
        top = logits[i, 0]
        for j in range(1, m):
            top = max(top, logits[i, j])
        total = logits.dtype.type(0)
        for j in range(m):
            p[i, j] = np.exp(logits[i, j] - top)
            total += p[i, j]
        for j in range(m):
            p[i, j] /= total
        losses[i] = np.log(total) + top - logits[i, labels[i]]
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
