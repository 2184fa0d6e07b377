"""Reading rows of a table and adding rows to it."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray


def _gather_rows_twin(table: Array, rows: Array) -> Array:
    return table[rows]


@kernel(twin=_gather_rows_twin)
def gather_rows(table: Array, rows: Array) -> Array:
    """Return table[rows]: (V, D) and intp (n,) -> (n, D). Rows are trusted to lie in 0..V−1."""
    n, width = rows.size, table.shape[1]
    out = np.empty((n, width), table.dtype)
    for k in range(n):
        row = rows[k]
        for j in range(width):
            out[k, j] = table[row, j]
    return out


def _scatter_add_rows_twin(table: Array, rows: Array, values: Array) -> None:
    np.add.at(table, rows, values)


@kernel(twin=_scatter_add_rows_twin)
def _scatter_add_rows_2d(table: Array, rows: Array, values: Array) -> None:
    for k in range(rows.size):
        row = rows[k]
        for j in range(table.shape[1]):
            table[row, j] += values[k, j]


def scatter_add_rows(table: Array, rows: Array, values: Array) -> None:
    """Add values[k] to table[rows[k]], in place and in order, so that repeated rows add up.

    (V, ...), intp (n,), (n, ...). Rows are trusted to lie in 0..V−1.
    """
    if table.ndim == 2:
        _scatter_add_rows_2d(table, rows, values)
    else:
        _scatter_add_rows_twin(table, rows, values)


scatter_add_rows.twin = _scatter_add_rows_twin  # type: ignore[attr-defined]
