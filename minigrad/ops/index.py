"""Indexing: reading parts of an array."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.errors import ShapeError
from minigrad.ops.indices import indices
from minigrad.primitive import primitive
from minigrad.symbol import Symbol
from minigrad.tensor import Tensor, as_tensor

__all__ = ["gather", "getitem"]

Array = np.ndarray


@primitive(linear=True, index="index")
def _getitem(x: Array, *, index: Any) -> Any:
    """x[index], with NumPy's meaning of integers, slices, integer arrays and masks

    shapes: the index fits x
    vjp: g added to zeros at [index]
    """
    return x[index].copy()


def _getitem_x(y: Array, x: Array, *, index: Any) -> Any:
    shape, dtype = x.shape, x.dtype
    if isinstance(x, Symbol):
        return lambda g: g.added_to_zeros(index, shape)
    whole_rows = (isinstance(index, int | np.integer | slice) and not isinstance(index, bool)) or (
        isinstance(index, np.ndarray) and index.ndim == 1 and index.dtype.kind == "i"
    )
    if whole_rows:  # of which many are read, often one at a time: a dense zero array each would be quadratic
        rows = np.atleast_1d(np.arange(shape[0])[index])
        return lambda g: SparseRows(rows, g.reshape(len(rows), *shape[1:]), shape[0], stays=False)

    def vjp(g: Array) -> Array:
        many = dtype == np.float32 and g.size > kernels.MANY  # see `kernels.summed`
        out = np.zeros(shape, np.float64 if many else dtype)
        np.add.at(out, index, g)
        return out.astype(dtype, copy=False)

    return vjp


_getitem.defvjp(_getitem_x)


def _own(index: Any) -> Any:
    """Return a part of an index; an array as a copy, since backward reads it again."""
    if isinstance(index, list):
        return np.array(index, dtype=np.intp if not index else None)
    array = index.data if isinstance(index, Tensor) else index
    return array.copy() if isinstance(array, np.ndarray) else array


def getitem(x: Any, index: Any) -> Tensor:
    """Return ``x[index]`` as a copy; repeated indices add up in backward.

    Raises
    ------
    IndexError
        If the index lies outside x.
    """
    index = tuple(map(_own, index)) if isinstance(index, tuple) else _own(index)
    return _getitem(x, index=index)


@primitive(linear=True, index="rows", name="gather")
def read_rows(table: Array, *, rows: Array) -> Any:
    """The rows of a table, for instance the vectors of the words of a sentence

    shapes: table (V, D), rows (n,) → (n, D)
    vjp: rows of g, added to the table's rows that were read (SparseRows)
    """
    if table.ndim != 2:
        raise ShapeError("the table needs two axes")
    if rows.ndim != 1:
        raise ShapeError(f"the row numbers need one axis, not {rows.ndim}")
    return table.take(rows, axis=0)


def _read_rows_table(y: Array, table: Array, *, rows: Array) -> Any:
    return partial(SparseRows, rows, height=table.shape[0])


read_rows.defvjp(_read_rows_table)


def gather(table: Any, rows: Any) -> Tensor:
    """Return rows of a table: (V, D) and integers (n,) -> (n, D). The gradient is sparse.

    A leaf table's ``.grad`` is a ``SparseRows``, so that a step on a few sentences costs nothing for
    the words that do not occur in them.

    Raises
    ------
    ShapeError
        If the table has not two axes, or the rows not one.
    TypeError
        If the rows are not integers.
    IndexError
        If a row number lies outside 0..V−1; the text names it and its position.
    """
    table = as_tensor(table)
    of = f"the rows of {table.name or 'the table'}"
    end = table.shape[0] if table.ndim else 0
    numbers = indices(rows, end, op="gather", name="row number", at="at position", of=of, error=IndexError)
    return read_rows(table, rows=numbers)
