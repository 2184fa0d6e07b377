"""Stack: several arrays of one shape that a function of one array treats all at once.

The vjps of operations are functions on arrays. Given a stack of cotangents, the very same functions return
the stack of their results, as long as they use what a stack knows: arithmetic and NumPy's elementwise
functions, sums along axes, changes of shape, products with matrices. Anything else raises `UnsupportedError`,
and whoever asked takes the arrays one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from minigrad.symbol import UnsupportedError

Array = np.ndarray


class Stack:
    """R arrays of one shape.

    Attributes
    ----------
    data : array (R, *shape)
    shape, ndim, size, dtype
        Of each of the arrays.
    """

    __slots__ = ("data",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Array) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes of each array."""
        return self.data.shape[1:]

    @property
    def ndim(self) -> int:
        """Number of axes of each array."""
        return self.data.ndim - 1

    @property
    def size(self) -> int:
        """Number of elements of each array."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.data.dtype

    @property
    def array(self) -> Stack:
        """The stack; by this name the vjps of writes into a fold's states read a cotangent."""
        return self

    @property
    def T(self) -> Stack:
        """Each array with its axes reversed."""
        return self.transpose()

    def transpose(self, axes: Any = None) -> Stack:
        """Return each array with its axes in another order."""
        order = range(self.ndim)[::-1] if axes is None else normalize_axis_tuple(axes, self.ndim)
        return Stack(self.data.transpose(0, *(a + 1 for a in order)))

    def reshape(self, *shape: Any) -> Stack:
        """Return each array with other axes."""
        lengths = shape[0] if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape
        if not self.size and -1 in lengths:
            raise UnsupportedError("a length of -1, for nothing")
        return Stack(self.data.reshape((len(self.data), *lengths)))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Stack:
        """Return the sums of each array along axes."""
        return Stack(self.data.sum(axis=self._axes(axis), keepdims=keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> Stack:
        """Return the means of each array along axes."""
        return Stack(self.data.mean(axis=self._axes(axis), keepdims=keepdims))

    def _axes(self, axis: Any) -> tuple[int, ...]:
        axes = range(self.ndim) if axis is None else normalize_axis_tuple(axis, self.ndim)
        return tuple(a + 1 for a in axes)

    def copy(self) -> Stack:
        """Return a stack in memory of its own."""
        return Stack(self.data.copy())

    def astype(self, dtype: Any, copy: bool = True) -> Stack:
        """Return the arrays with another dtype."""
        return Stack(self.data.astype(dtype, copy=copy))

    def dot(self, other: Any) -> Stack:
        """Return the products with a matrix."""
        return _matmul(self, other)

    def __getitem__(self, index: Any) -> Stack:
        parts = index if isinstance(index, tuple) else (index,)
        basic = all(p is None or p is ... or (type(p) in (int, slice)) for p in parts)
        # Of several arrays in one index NumPy may move the axes to the front, before that of the stack.
        if not basic and not isinstance(index, np.ndarray):
            raise UnsupportedError("an index of several arrays")
        return Stack(self.data[(slice(None), *parts)])

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        raise UnsupportedError("a stack as one array")

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Stack:
        if method != "__call__" or options or ufunc.nout != 1:
            raise UnsupportedError(f"numpy.{ufunc.__name__}")
        if ufunc is np.matmul:
            return _matmul(*args)
        if ufunc.signature is not None:
            raise UnsupportedError(f"numpy.{ufunc.__name__}")
        return Stack(ufunc(*_aligned(args)))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        known = FUNCTIONS.get(function)
        if known is None:
            raise UnsupportedError(f"numpy.{function.__name__}")
        return known(*args, **options)


def _aligned(args: tuple[Any, ...]) -> list[Any]:
    """Return operands that broadcast as each array of the stacks would, with the stack's axis first."""
    ndim = max(np.ndim(a) if not isinstance(a, Stack) else a.ndim for a in args)
    return [
        a.data.reshape(len(a.data), *(1,) * (ndim - a.ndim), *a.shape) if isinstance(a, Stack) else a
        for a in args
    ]


def _matmul(a: Any, b: Any) -> Stack:
    if min(np.ndim(x) if not isinstance(x, Stack) else x.ndim for x in (a, b)) < 2:
        raise UnsupportedError("a product with a vector")
    if isinstance(a, Stack) and a.ndim == 2 and isinstance(b, np.ndarray) and b.ndim == 2:
        R, n, k = a.data.shape
        return Stack((a.data.reshape(R * n, k) @ b).reshape(R, n, b.shape[1]))  # one product of matrices
    left, right = _aligned((a, b))
    return Stack(left @ right)


def _where(condition: Any, x: Any, y: Any) -> Stack:
    return Stack(np.where(*_aligned((condition, x, y))))


def _broadcast_to(x: Stack, shape: tuple[int, ...]) -> Stack:
    (data,) = _aligned((x,)) if len(shape) == x.ndim else _aligned((x, np.empty((0,) * len(shape))))[:1]
    return Stack(np.broadcast_to(data, (len(data), *shape)))


def _expand_dims(x: Stack, axis: Any) -> Stack:
    number = x.ndim + (1 if isinstance(axis, int | np.integer) else len(axis))
    return Stack(np.expand_dims(x.data, tuple(a + 1 for a in normalize_axis_tuple(axis, number))))


def _flip(x: Stack, axis: int) -> Stack:
    return Stack(np.flip(x.data, normalize_axis_index(axis, x.ndim) + 1))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.broadcast_to: _broadcast_to,
    np.expand_dims: _expand_dims,
    np.reshape: Stack.reshape,
    np.flip: _flip,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
}

_OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip


def _operator(ufunc: np.ufunc, reflected: bool) -> Callable[[Stack, Any], Any]:
    if reflected:
        return lambda y, x: ufunc(x, y)
    return lambda x, y: ufunc(x, y)


for _name, _ufunc in _OPERATORS.items():
    setattr(Stack, f"__{_name}__", _operator(_ufunc, reflected=False))
    setattr(Stack, f"__r{_name}__", _operator(_ufunc, reflected=True))
setattr(Stack, "__neg__", lambda x: np.negative(x))  # noqa: B010
setattr(Stack, "__matmul__", _matmul)  # noqa: B010
setattr(Stack, "__rmatmul__", lambda b, a: _matmul(a, b))  # noqa: B010
