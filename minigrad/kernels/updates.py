"""The updates of all optimisers: each is a formula for one element, and one kernel applies them all.

Every formula takes the weight w; d, the derivative with the penalties' part; what the rule keeps of the
element, p and q (0 where it keeps less); and the `_constants` k of a step. It returns by how much the weight
falls, and the new p and q. Run on whole arrays, the formulas are the kernel's NumPy twin.
"""

from __future__ import annotations

import ctypes
import functools
import struct
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.jit import JIT_ENABLED

Array = np.ndarray

# Numbers of the rules
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADADELTA, ADAM = range(7)
CONSTANTS = 7  # η, λ₂, λ₁, ε, and up to three that are the rule's own
Constants = tuple[float, ...]
_PACK_CONSTANTS, _PACK_ADDRESS = struct.Struct(f"{CONSTANTS}d").pack_into, struct.Struct("q").pack_into


def _decayed(w: Any, g: Any, l2: Any, l1: Any) -> Any:
    # g + λ₂ w + λ₁ sign(w): the derivative of the loss plus λ₂/2 ‖w‖² plus λ₁ ‖w‖₁
    return g + l2 * w + l1 * np.sign(w)


def _constants(w: Array, rule: int, c: Any, t: int) -> Any:
    """Return η, ε, two numbers and what each lacks to 1, Adam's second correction, whether t is 1, and η λ.

    They have the dtype of w, and are computed in double precision.
    """
    T = w.dtype.type
    lr, scale = c[0], 1.0
    if RULES[rule].corrected:
        lr, scale = c[0] / (1 - c[4] ** t), 1 / np.sqrt(1 - c[5] ** t)
    numbers = T(c[4]), T(1 - c[4]), T(c[5]), T(1 - c[5])
    return T(lr), T(c[3]), *numbers, T(scale), T(t == 1), T(c[0] * c[6])


def _sgd(w: Any, d: Any, p: Any, q: Any, k: Any) -> Any:
    # w −= η g
    return k[0] * d, p, q


def _momentum(w: Any, d: Any, v: Any, q: Any, k: Any) -> Any:
    # v = μ v + g;  w −= η v
    v = k[2] * v + d
    return k[0] * v, v, q


def _nesterov(w: Any, d: Any, v: Any, q: Any, k: Any) -> Any:
    # v = μ v + g;  w −= η (g + μ v)
    v = k[2] * v + d
    return k[0] * (d + k[2] * v), v, q


def _adagrad(w: Any, d: Any, G: Any, q: Any, k: Any) -> Any:
    # G += g²;  w −= η g / (√G + ε), or η g in a first step that is plain
    G = G + d * d
    step = k[0] * d / (np.sqrt(G) + k[1])
    return np.where((k[2] != 0) & (k[7] != 0), k[0] * d, step), G, q


def _rmsprop(w: Any, d: Any, s: Any, q: Any, k: Any) -> Any:
    # s = α s + (1 − α) g²;  w −= η g / (√s + ε)
    s = k[2] * s + k[3] * d * d
    return k[0] * d / (np.sqrt(s) + k[1]), s, q


def _adadelta(w: Any, d: Any, s: Any, u: Any, k: Any) -> Any:
    # s = ρ s + (1 − ρ) g²;  Δ = √(u + ε) / √(s + ε) g;  u = ρ u + (1 − ρ) Δ²;  w −= η Δ
    s = k[2] * s + k[3] * d * d
    step = np.sqrt(u + k[1]) / np.sqrt(s + k[1]) * d
    return k[0] * step, s, k[2] * u + k[3] * step * step


def _adam(w: Any, d: Any, m: Any, v: Any, k: Any) -> Any:
    # m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²;
    # w −= η (m̂ / (√v̂ + ε) + λ w),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ);  λ is AdamW's, 0 in Adam
    m = k[2] * m + k[3] * d
    v = k[4] * v + k[5] * d * d
    return k[0] * m / (np.sqrt(v) * k[6] + k[1]) + k[8] * w, m, v


class Rule(NamedTuple):
    """What a rule computes, and how many numbers it keeps of each element."""

    formula: Any
    kept: int
    corrected: bool = False  # whether by the number of steps, as Adam's averages


RULES = (
    Rule(_sgd, 0),
    Rule(_momentum, 1),
    Rule(_nesterov, 1),
    Rule(_adagrad, 1),
    Rule(_rmsprop, 1),
    Rule(_adadelta, 2),
    Rule(_adam, 2, corrected=True),
)


def _array(address: int, n: int, dtype: Any) -> Array:
    memory = (ctypes.c_byte * (n * dtype.itemsize)).from_address(int(address))
    return np.frombuffer(memory, dtype)


def _update_twin(
    a: Array, b: Array, counts: Array, spans: Array, sources: Array, rows: Array,
    rule: int, c: Constants,
) -> None:  # fmt: skip
    for start, first, height, width, source, offset, at_w in spans.tolist():
        at_g, low, high = sources[source].tolist()
        if at_g:
            at_g += offset
            taken = rows[low:high] if high > low else np.arange(height)
            w, g = _array(at_w, height * width, a.dtype), _array(at_g, len(taken) * width, a.dtype)
            for number, row in enumerate(taken):
                here = slice(row * width, (row + 1) * width)
                there = slice(number * width, (number + 1) * width)
                at = slice(start + here.start, start + here.stop)
                counts[first + row] += 1
                k = _constants(w, rule, c, int(counts[first + row]))
                d = _decayed(w[here], g[there], a.dtype.type(c[1]), a.dtype.type(c[2]))
                step, a[at], b[at] = RULES[rule].formula(w[here], d, a[at], b[at], k)
                w[here] -= step


def update(
    a: Array, b: Array, counts: Array, spans: Array, sources: Array, rows: Array,
    rule: int, c: Constants,
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
    prepare(a, b, counts, spans, sources)(rows, rule, c)


update.twin = _update_twin  # type: ignore[attr-defined]


def prepare(
    a: Array, b: Array, counts: Array, spans: Array, sources: Array
) -> Callable[[Array, int, Constants], None]:
    """Return `update` for these arrays, a function of the rest: steps that share them find them once."""
    if not JIT_ENABLED or a.dtype.char not in "fd":
        return functools.partial(_update_twin, a, b, counts, spans, sources)
    return _Prepared(a, b, counts, spans, sources)


class _Prepared:
    """Machine code with a frame that is filled but for the rows and the constants."""

    def __init__(self, a: Array, b: Array, counts: Array, spans: Array, sources: Array) -> None:
        from minigrad.kernels.machine import address

        self._address, self._dtype = address, a.dtype
        self._constants: Any = np.zeros(CONSTANTS)
        self._held = a, b, counts, spans, sources
        at = [address(array) for array in (*self._held, self._constants)]
        self._frame: Any = np.array([*at[:4], len(spans), at[4], 0, at[5]], np.intp)
        self._at = address(self._frame)
        self._calls: dict[int, Callable[[int], None]] = {}

    def __call__(self, rows: Array, rule: int, c: Constants) -> None:
        call = self._calls.get(rule)
        if call is None:
            call = self._calls[rule] = _machine_code(rule, self._dtype)
        _PACK_CONSTANTS(self._constants, 0, *c)
        _PACK_ADDRESS(self._frame, 6 * 8, self._address(rows))
        call(self._at)


@functools.cache
def _machine_code(rule: int, dtype: Any) -> Any:
    """Return a rule's step, which takes the address of a frame."""
    # Not before it is needed: who imports minigrad may compute nothing
    from minigrad.kernels import activations, elements, jit, machine, objects, update_code, vectors

    files = activations, elements, jit, machine, update_code, vectors, sys.modules[__name__]
    name = objects.key("update", [str(rule), dtype.name], files)
    symbols = update_code.trace_rule(RULES[rule].formula, _decayed)
    objects.load(name, lambda: str(update_code.update_module(RULES[rule], symbols, dtype, name)))
    return machine.entry(name, name)
