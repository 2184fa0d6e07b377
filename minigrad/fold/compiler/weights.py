"""What is computed of weights alone, as symbols: once for a whole fold, by NumPy.

Such a symbol says how NumPy is called: its first argument is a template, the others are what is put in. Its
shape is found out on zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.symbol import OTHER_ROWS, ROWS, Symbol, UnsupportedError


def call(table: Any, template: str, *operands: Symbol) -> Symbol:
    """Return what an expression of NumPy gives; {0}, {1}, … in it stand for the operands."""
    if any(n in (ROWS, OTHER_ROWS) for s in operands for n in s.shape):
        raise UnsupportedError(f"{template.format(*('…' for _ in operands))} of rows")
    zeros = {f"x{k}": np.zeros(s.shape, s.dtype) for k, s in enumerate(operands)}
    code = compile(template.format(*zeros), __file__, "eval")  # it is ours, not the user's
    result = np.asarray(eval(code, {"np": np}, zeros))
    return table.make("numpy", (template, *operands), result.shape, operands[0].dtype)


def method(name: str, x: Symbol, axis: Any, keepdims: bool) -> Symbol:
    """Return a reduction."""
    return call(x.table, f"{{0}}.{name}(axis={axis!r}, keepdims={keepdims})", x)


def getitem(x: Symbol, index: Any) -> Symbol:
    """Return the elements at some integers and slices."""
    return call(x.table, f"{{0}}[{_written(index)}]", x)


def added_to_zeros(g: Symbol, index: Any, shape: tuple[int, ...]) -> Symbol:
    """Return zeros with `g` at some integers and slices."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(part, slice) and part.step not in (None, 1) for part in parts) or Ellipsis in parts:
        raise UnsupportedError("indexing of weights with a step or an ellipsis")
    _written(index)
    parts += [slice(None)] * (len(shape) - len(parts))
    pads, whole = [], []
    for part, n in zip(parts, shape, strict=True):
        start, stop = (part.indices(n)[:2]) if isinstance(part, slice) else (part % n, part % n + 1)
        pads.append((int(start), int(n - stop)))
        whole.append(int(stop - start))
    return call(g.table, f"np.pad({{0}}.reshape({tuple(whole)}), {pads})", g)


def _written(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    if not all(isinstance(p, int | np.integer | slice) and not isinstance(p, bool) for p in parts):
        raise UnsupportedError("indexing of weights with something else than integers and slices")
    return ", ".join(repr(p) if isinstance(p, slice) else str(int(p)) for p in parts)


def reshape(x: Symbol, shape: Sequence[int]) -> Symbol:
    """Return the elements with other axes."""
    return call(x.table, f"{{0}}.reshape({tuple(map(int, shape))})", x)


def transpose(x: Symbol, axes: Sequence[int]) -> Symbol:
    """Return the axes in another order."""
    return call(x.table, f"{{0}}.transpose({tuple(map(int, axes))})", x)


def expand_dims(x: Symbol, axis: Any) -> Symbol:
    """Return x with new axes of length 1."""
    return call(x.table, f"np.expand_dims({{0}}, {axis!r})", x)


def broadcast_to(x: Symbol, shape: Sequence[int]) -> Symbol:
    """Return x, repeated."""
    return call(x.table, f"np.broadcast_to({{0}}, {tuple(map(int, shape))})", x)


def concatenate(table: Any, xs: Sequence[Any], axis: int) -> Symbol:
    """Return weights side by side."""
    if not all(isinstance(x, Symbol) for x in xs):
        raise UnsupportedError("an array that is neither a parameter nor a state")
    places = ", ".join(f"{{{k}}}" for k in range(len(xs)))
    return call(table, f"np.concatenate([{places}], axis={axis})", *xs)


def einsum(form: str, operands: Sequence[Symbol]) -> Symbol:
    """Return a sum of products."""
    places = ", ".join(f"{{{k}}}" for k in range(len(operands)))
    return call(operands[0].table, f"np.einsum({form!r}, {places}, optimize=True)", *operands)
