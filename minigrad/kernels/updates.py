"""The updates of all optimisers: each a formula over runs of elements, and one kernel that applies them.

A *run* is what takes its step together: a whole array, or one row of a table. Every rule below is a pair,
the NumPy twin for one run first, then the loop over all runs of an array. They change w, a and b in place,
from the derivative g, arrays (size,) of one dtype. a and b are what the rule keeps per element, and empty
where it keeps nothing; t counts the run's own steps, from 1; c are the rule's `CONSTANTS`. The loops find
run r, n elements, from x on in w, y in a and b, z in g; see `_runs`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from minigrad.kernels.jit import carray, compiled, kernel, pointer, prefetch

Array = np.ndarray

# Numbers of the rules; Numba takes these for constants.
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADADELTA, ADAM = range(7)
AHEAD, NEAR = 6, 128  # runs, and the most elements of one, that are asked for before their turn
CONSTANTS = 6  # η, λ₂, λ₁, and up to three that are the rule's own


def _decayed_twin(w: Array, g: Array, c: Any) -> Array:
    return g + c[1] * w + c[2] * np.sign(w)


@compiled
def _decayed(w, g, l2, l1):  # type: ignore[no-untyped-def]
    # g + λ₂ w + λ₁ sign(w): the derivative of the loss plus λ₂/2 ‖w‖² plus λ₁ ‖w‖₁
    return g + l2 * w + l1 * np.sign(w)


@compiled
def _runs(counts, height, width, rows):  # type: ignore[no-untyped-def]
    # (m, 4): start in w, start in g, elements, step. One for each of `rows`; without rows, of all `height`
    # neighbours that have taken equally many steps take the next as one.
    runs = np.empty((max(height, len(rows)), 4), np.intp)
    m = len(rows)
    for k in range(m):
        counts[rows[k]] += 1
        runs[k] = rows[k] * width, k * width, width, counts[rows[k]]
    row = height if m else 0
    while row < height:
        end, t = row, counts[row]
        while end < height and counts[end] == t:
            counts[end] += 1
            end += 1
        runs[m] = row * width, row * width, (end - row) * width, t + 1
        m += 1
        row = end
    return runs[:m]


@compiled
def _run(runs, r, start, w, a):  # type: ignore[no-untyped-def]
    # Rows of a table lie anywhere: without this, each would be waited for
    soon = r + AHEAD
    if soon < len(runs):
        for i in range(0, min(runs[soon, 2], NEAR), 64 // w.itemsize):
            prefetch(w, runs[soon, 0] + i)  # type: ignore[call-arg]
            if a.size:
                prefetch(a, start + runs[soon, 0] + i)
    # Unsigned, or each index would be looked at whether it counts from the end, and the loop not vectorised
    x, z, n = np.uint64(runs[r, 0]), np.uint64(runs[r, 1]), np.uint64(runs[r, 2])
    return x, np.uint64(start) + x, z, n, runs[r, 3]


def _sgd_twin(rule: int, w: Array, a: Array, g: Array, c: Any) -> None:
    g = _decayed_twin(w, g, c)
    if rule != SGD:
        a[...] = c[3] * a + g
        g = g + c[3] * a if rule == NESTEROV else a
    w -= c[0] * g


@compiled
def _sgd(rule, w, a, g, start, runs, c):  # type: ignore[no-untyped-def]
    # v = μ v + g;  w −= η g,  η v  or, Nesterov,  η (g + μ v)
    dtype = w.dtype.type
    lr, l2, l1, mu = dtype(c[0]), dtype(c[1]), dtype(c[2]), dtype(c[3])
    for r in range(len(runs)):
        x, y, z, n, _ = _run(runs, r, start, w, a)
        for i in range(n):
            d = _decayed(w[x + i], g[z + i], l2, l1)
            if rule != SGD:
                v = mu * a[y + i] + d
                a[y + i] = v
                d = d + mu * v if rule == NESTEROV else v
            w[x + i] -= lr * d


def _adagrad_twin(w: Array, a: Array, g: Array, t: int, c: Any) -> None:
    g = _decayed_twin(w, g, c)
    a += g * g
    w -= c[0] * (g if c[4] and t == 1 else g / (np.sqrt(a) + c[3]))


@compiled
def _adagrad(w, a, g, start, runs, c):  # type: ignore[no-untyped-def]
    # G += g²;  w −= η g / (√G + ε), or η g in a first step that is plain
    dtype = w.dtype.type
    lr, l2, l1, eps = dtype(c[0]), dtype(c[1]), dtype(c[2]), dtype(c[3])
    for r in range(len(runs)):
        x, y, z, n, t = _run(runs, r, start, w, a)
        plain = c[4] != 0 and t == 1
        for i in range(n):
            d = _decayed(w[x + i], g[z + i], l2, l1)
            G = a[y + i] + d * d
            a[y + i] = G
            w[x + i] -= lr * d if plain else lr * d / (np.sqrt(G) + eps)


def _rmsprop_twin(w: Array, a: Array, g: Array, c: Any) -> None:
    g = _decayed_twin(w, g, c)
    a[...] = c[4] * a + (1 - c[4]) * g * g
    w -= c[0] * g / (np.sqrt(a) + c[3])


@compiled
def _rmsprop(w, a, g, start, runs, c):  # type: ignore[no-untyped-def]
    # s = α s + (1 − α) g²;  w −= η g / (√s + ε)
    dtype = w.dtype.type
    lr, l2, l1, eps = dtype(c[0]), dtype(c[1]), dtype(c[2]), dtype(c[3])
    alpha, rest = dtype(c[4]), dtype(1 - c[4])
    for r in range(len(runs)):
        x, y, z, n, _ = _run(runs, r, start, w, a)
        for i in range(n):
            d = _decayed(w[x + i], g[z + i], l2, l1)
            s = alpha * a[y + i] + rest * d * d
            a[y + i] = s
            w[x + i] -= lr * d / (np.sqrt(s) + eps)


def _adadelta_twin(w: Array, a: Array, b: Array, g: Array, c: Any) -> None:
    g = _decayed_twin(w, g, c)
    a[...] = c[4] * a + (1 - c[4]) * g * g
    step = np.sqrt(b + c[3]) / np.sqrt(a + c[3]) * g
    b[...] = c[4] * b + (1 - c[4]) * step * step
    w -= c[0] * step


@compiled
def _adadelta(w, a, b, g, start, runs, c):  # type: ignore[no-untyped-def]
    # s = ρ s + (1 − ρ) g²;  Δ = √(u + ε) / √(s + ε) g;  u = ρ u + (1 − ρ) Δ²;  w −= η Δ
    dtype = w.dtype.type
    lr, l2, l1, eps = dtype(c[0]), dtype(c[1]), dtype(c[2]), dtype(c[3])
    rho, rest = dtype(c[4]), dtype(1 - c[4])
    for r in range(len(runs)):
        x, y, z, n, _ = _run(runs, r, start, w, a)
        for i in range(n):
            d = _decayed(w[x + i], g[z + i], l2, l1)
            s = rho * a[y + i] + rest * d * d
            step = np.sqrt(b[y + i] + eps) / np.sqrt(s + eps) * d
            a[y + i] = s
            b[y + i] = rho * b[y + i] + rest * step * step
            w[x + i] -= lr * step


def _adam_twin(w: Array, a: Array, b: Array, g: Array, t: int, c: Any) -> None:
    g = _decayed_twin(w, g, c)
    a[...] = c[4] * a + (1 - c[4]) * g
    b[...] = c[5] * b + (1 - c[5]) * g * g
    w -= c[0] * (a / (1 - c[4] ** t)) / (np.sqrt(b / (1 - c[5] ** t)) + c[3])


@compiled
def _adam(w, a, b, g, start, runs, c):  # type: ignore[no-untyped-def]
    # m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²;
    # w −= η m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
    dtype = w.dtype.type
    l2, l1, eps = dtype(c[1]), dtype(c[2]), dtype(c[3])
    beta1, rest1, beta2, rest2 = dtype(c[4]), dtype(1 - c[4]), dtype(c[5]), dtype(1 - c[5])
    for r in range(len(runs)):
        x, y, z, n, t = _run(runs, r, start, w, a)
        # Corrections of all elements are the same: in double precision, once
        lr = dtype(c[0] / (1 - c[4] ** t))
        scale = dtype(1 / np.sqrt(1 - c[5] ** t))
        for i in range(n):
            d = _decayed(w[x + i], g[z + i], l2, l1)
            m = beta1 * a[y + i] + rest1 * d
            v = beta2 * b[y + i] + rest2 * d * d
            a[y + i] = m
            b[y + i] = v
            w[x + i] -= lr * m / (np.sqrt(v) * scale + eps)


def _step_twin(rule: int, w: Array, a: Array, b: Array, g: Array, t: int, c: Any) -> None:
    if rule <= NESTEROV:
        _sgd_twin(rule, w, a, g, c)
    elif rule == ADAGRAD:
        _adagrad_twin(w, a, g, t, c)
    elif rule == RMSPROP:
        _rmsprop_twin(w, a, g, c)
    elif rule == ADADELTA:
        _adadelta_twin(w, a, b, g, c)
    else:
        _adam_twin(w, a, b, g, t, c)


def _array(address: int, n: int, dtype: Any) -> Array:
    memory = (ctypes.c_byte * (n * dtype.itemsize)).from_address(int(address))
    return np.frombuffer(memory, dtype)


def _update_twin(
    a: Array, b: Array, counts: Array, spans: Array, sources: Array, rows: Array,
    rule: int, c: tuple[float, ...],
) -> None:  # fmt: skip
    for start, first, height, width, source, offset, at_w in spans.tolist():
        at_g, low, high = sources[source].tolist()
        if at_g:
            at_g += offset
            taken = rows[low:high] if high > low else np.arange(height)
            w, g = _array(at_w, height * width, a.dtype), _array(at_g, len(taken) * width, a.dtype)
            for k, row in enumerate(taken):
                here, there = slice(row * width, (row + 1) * width), slice(k * width, (k + 1) * width)
                at = slice(start + here.start, start + here.stop)
                counts[first + row] += 1
                _step_twin(rule, w[here], a[at], b[at], g[there], int(counts[first + row]), c)


@kernel(twin=_update_twin)
def update(
    a: Array, b: Array, counts: Array, spans: Array, sources: Array, rows: Array,
    rule: int, c: tuple[float, ...],
) -> None:  # fmt: skip
    """Take one step of a rule, in place, for several arrays at once.

    A call costs as much as the update of one small array.

    Parameters
    ----------
    a, b : (Σ sizes,)
        What the rule keeps, of all arrays, end to end; empty where the rule keeps less. All arrays are of
        their dtype.
    counts : intp (Σ heights,)
        How many steps every row has taken; those that take one now are counted.
    spans : intp (k, 7)
        For each array: start of its part of `a`, start of its part of `counts`, height, width; the number of
        the source of its derivative, and how many bytes from there it is; the address of its values,
        (height · width,).
    sources : intp (s, 3)
        The address of one or more derivatives, each (height · width,), or (rows · width,) for the part of
        `rows` that begins and ends where the other numbers say. Without a derivative, address 0, an array is
        left as it is.
    rows : intp (Σ rows,)
        Of each array distinct rows, which the derivative belongs to; no other is touched.
    rule : int
        One of SGD … ADAM.
    c : tuple of `CONSTANTS` floats
    """
    for k in range(len(spans)):
        start, first, height, width = spans[k, 0], spans[k, 1], spans[k, 2], spans[k, 3]
        source = sources[spans[k, 4]]
        if source[0] != 0:
            taken = rows[source[1] : source[2]]
            steps = len(taken) if len(taken) else height
            g = carray(pointer(source[0] + spans[k, 5], a), (steps * width,))  # type: ignore[call-arg]
            w = carray(pointer(spans[k, 6], a), (height * width,))
            runs = _runs(counts[first : first + height], height, width, taken)
            if rule <= NESTEROV:
                _sgd(rule, w, a, g, start, runs, c)
            elif rule == ADAGRAD:
                _adagrad(w, a, g, start, runs, c)
            elif rule == RMSPROP:
                _rmsprop(w, a, g, start, runs, c)
            elif rule == ADADELTA:
                _adadelta(w, a, b, g, start, runs, c)
            else:
                _adam(w, a, b, g, start, runs, c)
