"""Rows of a table: adding to them, and checks of their numbers."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray
INTEGERS = np.dtype(np.intp).char  # row numbers are intp


@kernel(dtypes=INTEGERS)
def first_outside(numbers: Array, end: int) -> int:
    """Return the position of the first number that does not lie in 0..end−1, −1 if all do: intp (n,)."""
    for k in range(numbers.size):
        if numbers[k] < 0 or numbers[k] >= end:
            return k
    return -1


def _sum_rows_twin(rows: Array, values: Array) -> int:
    ascending, first, slots = np.unique(rows, return_index=True, return_inverse=True)
    order, n = np.argsort(first), len(ascending)
    sums = np.zeros((n, values.shape[1]), values.dtype)
    np.add.at(sums, np.argsort(order)[slots], values)
    rows[:n], values[:n] = ascending[order], sums
    return n


@kernel(twin=_sum_rows_twin, dtypes=INTEGERS)
def sum_rows(rows: Array, values: Array) -> int:
    """Put every row number once, with the sum of the values that belong to it, in front, in place.

    intp (n,), (n, D), in the order in which the numbers first come. Returns how many there are; what follows
    is of no use.
    """
    n = rows.size
    size = 16
    while size < 2 * n:
        size *= 2
    # An open hash table of places: it is as long as what was read, however high the table is.
    table = np.full(size, -1, np.intp)
    m = 0
    for k in range(n):
        row = rows[k]
        at = row * 2654435761  # Knuth's multiplier: neighbours are spread
        at = (at ^ (at >> 16)) & (size - 1)
        while table[at] >= 0 and rows[table[at]] != row:
            at = (at + 1) & (size - 1)
        place = table[at]
        if place >= 0:
            for j in range(values.shape[1]):
                values[place, j] += values[k, j]
        else:
            table[at] = m
            if m < k:
                rows[m] = row
                for j in range(values.shape[1]):
                    values[m, j] = values[k, j]
            m += 1
    return m


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
