"""What NumPy's functions make of symbols with a row per tree node: reductions, columns, concat, products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minigrad.fold.compiler import weights
from minigrad.fold.compiler.views import columns, factor, is_rows, joined, of_rows, solid, together
from minigrad.symbol import Symbol, UnsupportedError


def _axis(x: Symbol, axis: Any, keepdims: bool) -> tuple[int, ...]:
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if axes == (1,) and not keepdims:
        raise UnsupportedError("a reduction along the row that drops its axis: give keepdims=True")
    return axes


def _sum(x: Symbol, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Symbol:
    if not is_rows(x):
        return weights.method("sum", x, axis, keepdims)
    axes = _axis(x, axis, keepdims)
    if x.dtype == np.bool_:
        raise UnsupportedError("a sum of a mask")
    if axes == (1,):
        return _reduced("row_sum", x)
    over_nodes = _column_sums(x)
    if axes == (0,):
        return weights.reshape(over_nodes, (1, x.shape[1])) if keepdims else over_nodes
    return weights.reshape(weights.method("sum", over_nodes, None, False), (1, 1) if keepdims else ())


def _mean(x: Symbol, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    if not is_rows(x):
        return weights.method("mean", x, axis, keepdims)
    if _axis(x, axis, keepdims) != (1,):
        raise UnsupportedError("a mean over the nodes")
    return _sum(x, axis, keepdims=keepdims) / x.shape[1]


def _extremum(name: str) -> Callable[..., Symbol]:
    def extremum(x: Symbol, axis: Any = None, *, keepdims: bool = False, initial: Any = None) -> Any:
        if not is_rows(x):
            found = weights.method(name, x, axis, keepdims)
        elif _axis(x, axis, keepdims) != (1,):
            raise UnsupportedError(f"a {name} over the nodes")
        else:
            found = _reduced(f"row_{name}", x)
        return found if initial is None else getattr(np, f"{name}imum")(found, initial)

    return extremum


def _reduced(op: str, x: Symbol) -> Symbol:
    return x if x.shape[1] == 1 else of_rows(op, x, 1)


def _column_sums(x: Symbol) -> Symbol:
    if not is_rows(x):
        return weights.method("sum", x, 0, False)
    return x.table.make("column_sums", (solid(x),), x.shape[1:], x.dtype)


def _is_finite(x: Symbol) -> Any:
    return np.abs(x) < np.inf


def _softmax(x: Symbol) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _log_softmax(x: Symbol) -> Any:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _getitem(x: Symbol, index: Any) -> Symbol:
    if not is_rows(x):
        return weights.getitem(x, index)
    return columns(x, *_columns_at(x.shape, index))


def _columns_at(shape: tuple[int, ...], index: Any) -> tuple[int, int]:
    """Return the first column that an index reads, and the one after the last."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) == 2 and parts[0] in (slice(None), Ellipsis) and isinstance(parts[1], slice):
        start, stop, step = parts[1].indices(shape[1])
        if step == 1 and start < stop:
            return start, stop
    raise UnsupportedError("indexing other than x[:, start:stop]")


def _added_to_zeros(g: Symbol, index: Any, shape: tuple[int, ...]) -> Symbol:
    if not is_rows(g):
        return weights.added_to_zeros(g, index, shape)
    start, stop = _columns_at(shape, index)
    parts = [(0.0, start), (g, stop - start), (0.0, shape[1] - stop)]
    return joined(g, [(x, width) for x, width in parts if width])


def _concatenate(xs: Sequence[Any], axis: int = 0) -> Symbol:
    table = next(x.table for x in xs if isinstance(x, Symbol))
    if not any(map(is_rows, xs)):
        return weights.concatenate(table, xs, axis)
    if not all(map(is_rows, xs)):
        raise UnsupportedError("a concat of rows with what has no row per node")
    if axis not in (1, -1):
        raise UnsupportedError("a concat of nodes")
    if any(x.dtype != xs[0].dtype for x in xs):
        raise UnsupportedError("operands of different dtypes")
    return joined(xs[0], [(x, x.shape[1]) for x in xs])


def _broadcast_to(x: Symbol, shape: tuple[int, ...]) -> Symbol:
    if not is_rows(x):
        return weights.broadcast_to(x, shape)
    if np.broadcast_shapes(x.shape, shape) != shape or len(shape) != 2:
        raise UnsupportedError(f"numpy.broadcast_to {shape}")
    return x if x.shape == shape else of_rows("copy", x, shape[1], shape[1])


def _reshape(x: Symbol, *shape: Any) -> Symbol:
    lengths = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape
    if not is_rows(x):
        return weights.reshape(x, lengths)
    if tuple(lengths) != x.shape:
        raise UnsupportedError("ndarray.reshape of rows")
    return x


# The function of two rows x, y and a stack of matrices W


def bilinear(x: Symbol, y: Symbol, W: Symbol, axes: tuple[int, int, int]) -> Symbol:
    """Return Σ xᵃ Wᵏᵃᵇ yᵇ for every k, where `axes` are the axes k, a and b of W.

    x is multiplied by all matrices at once; of the result, k groups of b columns, each group is multiplied by
    y and summed up.
    """
    K, _, B = (W.shape[axis] for axis in axes)
    k, a, b = axes
    side_by_side = weights.reshape(weights.transpose(W, (a, k, b)), (x.shape[1], K * B))
    return of_rows("contract", x @ side_by_side, K, y)


def _einsum(form: str, *operands: Any, optimize: Any = False) -> Symbol:
    inputs, out = form.replace("...", "Z").split("->")
    terms = inputs.split(",")
    if len(terms) == 3 and not any(map(is_rows, operands)):
        return weights.einsum(form, operands)
    named = dict(zip(terms, operands, strict=True))
    rows = [t for t, s in named.items() if is_rows(s) and len(t) == 2 and t[0] == "Z"]
    if len(named) == len(terms) == 3 and len(rows) == 2 and len(out) == 2:
        (letters,) = (t for t in terms if t not in rows)
        first, second = rows
        axes = letters.index(out[1]), letters.index(first[1]), letters.index(second[1])
        return bilinear(named[first], named[second], named[letters], axes)
    if len(named) == len(rows) == 3 and out == "".join(t[1] for t in terms):
        g, x, y = operands
        pairs = of_rows("outer", g, g.shape[1] * y.shape[1], y)
        by_x = weights.reshape(x.T @ pairs, (x.shape[1], g.shape[1], y.shape[1]))
        return weights.transpose(by_x, (1, 0, 2))
    raise UnsupportedError("numpy.einsum")


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    "factor": factor,
    "elementwise add": together,
    "sum": _sum,
    "mean": _mean,
    "max": _extremum("max"),
    "min": _extremum("min"),
    "getitem": _getitem,
    "added_to_zeros": _added_to_zeros,
    "reshape": _reshape,
    "transpose": weights.transpose,
    "kernel column_sums": _column_sums,
    "kernel softmax": _softmax,
    "kernel log_softmax": _log_softmax,
    np.concatenate: _concatenate,
    np.broadcast_to: _broadcast_to,
    np.reshape: _reshape,
    np.expand_dims: weights.expand_dims,
    np.einsum: _einsum,
    np.isfinite: _is_finite,
}
