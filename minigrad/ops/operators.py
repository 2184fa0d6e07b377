"""Python's operators and the methods of `Tensor`, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.ops.arithmetic import add, div, mul, neg, pow, sub
from minigrad.ops.elementwise import abs
from minigrad.ops.index import getitem
from minigrad.ops.linear import matmul, transpose
from minigrad.ops.reduce import max, mean, min, sum
from minigrad.ops.shape import reshape
from minigrad.tensor import Tensor


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda y, x: op(x, y)


def _comparison(compare: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return a comparison by element: booleans for `where`, without a derivative."""

    def method(x: Tensor, y: Any) -> Tensor:
        return Tensor(np.asarray(compare(x.data, y.data if isinstance(y, Tensor) else y)))

    return method


def _repr(x: Tensor) -> str:
    values = np.array2string(x.data, separator=", ", prefix="tensor(", threshold=60)
    extra = f", name={x.name!r}" if x.name else ""
    if x.dtype != np.float32:
        extra += f", dtype={x.dtype}"
    return f"tensor({values}{extra}{', requires_grad=True' if x.requires_grad else ''})"


def _format(x: Tensor, spec: str) -> str:
    """Return what ``f"{loss:.3f}"`` shows."""
    return format(x.item(), spec) if spec else str(x)


METHODS: dict[str, Any] = {
    "__add__": add,
    "__radd__": _reflected(add),
    "__sub__": sub,
    "__rsub__": _reflected(sub),
    "__mul__": mul,
    "__rmul__": _reflected(mul),
    "__truediv__": div,
    "__rtruediv__": _reflected(div),
    "__matmul__": matmul,
    "__rmatmul__": _reflected(matmul),
    "__pow__": pow,
    "__rpow__": _reflected(pow),
    "__neg__": neg,
    "__pos__": lambda x: x,
    "__abs__": abs,
    "__eq__": _comparison(np.equal),
    "__ne__": _comparison(np.not_equal),
    "__lt__": _comparison(np.less),
    "__le__": _comparison(np.less_equal),
    "__gt__": _comparison(np.greater),
    "__ge__": _comparison(np.greater_equal),
    "__getitem__": getitem,
    "__int__": lambda x: int(x.item()),
    "__repr__": _repr,
    "__format__": _format,
    "T": property(lambda x: thread.state.context.once(transpose, x)),
    "sum": sum,
    "mean": mean,
    "max": max,
    "min": min,
    "reshape": reshape,
    "transpose": transpose,
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
