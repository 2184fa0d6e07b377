"""What flows backward: dense arrays, sparse rows of a table, and the sums of both where paths meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigrad import kernels


class SparseRows(NDArrayOperatorsMixin):
    """The gradient with respect to a table of which only some rows were read.

    Row ``rows[k]`` of the table receives ``values[k]``. A row that was read twice occurs twice; every other
    row receives zero.

    Parameters
    ----------
    rows : intp array (n,)
    values : array (n, ...)
        The trailing axes are the table's.
    height : int
        Number of rows of the table.
    distinct : bool
        Whether it is known that no row occurs twice.
    stays : bool
        Whether a leaf keeps it as it is, as a table does from which rows are gathered; else as an array.

    Notes
    -----
    NumPy's functions and operators see the whole array: ``np.asarray(g)``, ``np.isnan(g)``, ``g + 1``.
    """

    __slots__ = ("_distinct", "_parts", "dtype", "shape", "stays")

    def __init__(
        self,
        rows: np.ndarray,
        values: np.ndarray,
        height: int,
        distinct: bool = False,
        stays: bool = True,
    ) -> None:
        self._parts = [(rows, values)]
        self._distinct = distinct
        self.stays = stays
        self.shape = (height, *values.shape[1:])
        self.dtype = values.dtype

    def _join(self) -> tuple[np.ndarray, np.ndarray]:
        # Contributions are collected in a list and joined on demand, so that n reads cost O(n).
        if len(self._parts) > 1:
            rows, values = zip(*self._parts, strict=True)
            self._parts = [(np.concatenate(rows), np.concatenate(values))]
        return self._parts[0]

    @property
    def rows(self) -> np.ndarray:
        """Row numbers, intp (n,)."""
        return self._join()[0]

    @property
    def values(self) -> np.ndarray:
        """One row of the gradient per row number, (n, ...)."""
        return self._join()[1]

    def copy(self) -> SparseRows:
        """Return a SparseRows that shares no memory with this one."""
        return SparseRows(self.rows.copy(), self.values.copy(), self.shape[0], self._distinct, self.stays)

    def astype(self, dtype: Any) -> SparseRows:
        """Return the same rows with values of another dtype."""
        return SparseRows(self.rows, self.values.astype(dtype), self.shape[0], self._distinct, self.stays)

    def extended(self, other: SparseRows, in_place: bool) -> SparseRows:
        """Return the sum: the contributions of both."""
        total = self
        if not in_place:
            total = object.__new__(SparseRows)
            total._parts, total.shape, total.dtype = list(self._parts), self.shape, self.dtype
        total._parts.extend(other._parts)
        total._distinct = False
        total.stays = self.stays and other.stays
        return total

    def add_to(self, dense: np.ndarray) -> None:
        """Add every row to a dense array of the table's shape, in place."""
        if not self._distinct and self.dtype == np.float32 and len(self.rows) > kernels.MANY:
            self.summed().add_to(dense)
            return
        for rows, values in self._parts:
            kernels.scatter_add_rows(dense, rows, values)

    def dense(self) -> np.ndarray:
        """Return the gradient as an array of the table's shape."""
        out = np.zeros(self.shape, self.dtype)
        self.add_to(out)
        return out

    def summed(self) -> SparseRows:
        """Return the same gradient with every row number once, in the order of their first occurrence."""
        if self._distinct:
            return self
        many = len(self.rows) > kernels.MANY and self.dtype == np.float32  # see `kernels.summed`
        rows, sums = self.rows.copy(), self.values.astype(np.float64 if many else self.dtype)
        n = kernels.sum_rows(rows, sums.reshape(len(rows), math.prod(self.shape[1:])))
        return SparseRows(rows[:n], sums[:n].astype(self.dtype, copy=False), self.shape[0], distinct=True)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("the array of a SparseRows has to be made; leave copy=False out")
        return self.dense() if dtype is None else self.dense().astype(dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if any(isinstance(out, SparseRows) for out in options.get("out", ())):
            raise TypeError("a SparseRows can't be changed in place; write g = g + …, which gives an array")
        dense = (x.dense() if isinstance(x, SparseRows) else x for x in operands)
        return getattr(ufunc, method)(*dense, **options)

    def __getitem__(self, index: Any) -> Any:
        return self.dense()[index]

    def __len__(self) -> int:
        return self.shape[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a SparseRows has no attribute {name!r}", name=name, obj=self)
        raise AttributeError(
            f"a SparseRows has no {name!r}: np.asarray(g).{name} is that of the whole array",
            name=name,
            obj=self,
        )

    def __repr__(self) -> str:
        return f"SparseRows({len(self.rows)} of {self.shape[0]} rows, shape {self.shape}, {self.dtype})"


class Total:
    """A dense cotangent that is one array while contributions are added to it and it is passed on.

    The states of a fold are one array that is written row by row. So is their cotangent: its row k is
    complete when all ancestors of tree node k have been visited. Since it is passed on and never copied, a
    chain of n nodes takes linear time.
    """

    __slots__ = ("array", "dtype", "shape")

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape: Sequence[int] = array.shape
        self.dtype = array.dtype

    def add(self, part: SparseRows) -> None:
        """Add what a read of some rows contributes; only reads contribute to a Total."""
        part.add_to(self.array)


Cotangent = Any  # np.ndarray | SparseRows | Total; NumPy's stubs make the union unusable


def as_dense(g: Cotangent) -> np.ndarray:
    """Return a cotangent as an array, which may share memory with it."""
    if isinstance(g, SparseRows):
        return g.dense()
    return g.array if isinstance(g, Total) else g


def accumulate(a: Cotangent, b: Cotangent, owned: bool) -> Cotangent:
    """Return a + b, where paths of the graph meet; adds in place only if `a` is `owned`."""
    if isinstance(a, Total):
        a.add(b)
        return a
    if isinstance(b, SparseRows):
        if isinstance(a, SparseRows):
            return a.extended(b, in_place=owned)
        total = a if owned else a.copy()
        b.add_to(total)
        return total
    if isinstance(a, SparseRows):
        total = as_dense(b).copy()
        a.add_to(total)
        return total
    if owned:
        a += b
        return a
    return a + b


class Cotangents(dict[int, Cotangent]):
    """The cotangents that backward has begun to add up, by node id.

    A vjp may hand on an array that others hold too (that of an addition hands its own cotangent to both
    operands), so the first sum goes to fresh memory. That memory is *owned*: no one else holds it, so later
    contributions are added to it in place, and a leaf may keep it without copying it.

    Attributes
    ----------
    owned : set of node ids
    """

    def __init__(self, key: int, cotangent: np.ndarray) -> None:
        super().__init__({key: cotangent})
        self.owned: set[int] = set()

    def add(self, key: int, part: Cotangent, dtype: np.dtype[Any], fresh: bool) -> None:
        """Add a consumer's contribution; `fresh` says that nothing else holds its memory."""
        if part.dtype is not dtype and part.dtype != dtype:
            part = part.astype(dtype)
        total = self.get(key)
        if total is not None:
            part = accumulate(total, part, key in self.owned)
        self[key] = part
        if fresh or total is not None:
            self.owned.add(key)


class Gradient:
    """Where backward stores a gradient; shared by a node and every tensor of that node."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: np.ndarray | SparseRows | None = None

    def add(self, g: Cotangent, owned: bool) -> None:
        """Add to the gradient; `owned` says that nothing else holds its memory."""
        if isinstance(g, SparseRows) and not g.stays:
            g, owned = g.dense(), True
        if self.value is None:
            self.value = g if owned else g.copy()  # never let two leaves share an array
        else:
            total = accumulate(self.value, g, owned=False)
            self.value = np.asarray(total) if isinstance(total, np.generic) else total
