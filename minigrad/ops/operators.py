"""Python's operators and the methods of `Tensor`, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.context import no_grad, thread
from minigrad.errors import GraphError, ShapeError
from minigrad.ops import array_protocol
from minigrad.ops.arithmetic import add, div, mul, neg, pow, sub
from minigrad.ops.array_protocol import compared
from minigrad.ops.elementwise import abs, clip
from minigrad.ops.index import getitem
from minigrad.ops.linear import matmul, transpose
from minigrad.ops.moments import std, var
from minigrad.ops.reduce import cumsum, max, mean, min, prod, sum
from minigrad.ops.shape import reshape, squeeze
from minigrad.tensor import Tensor


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda y, x: op(x, y)


def _repr(x: Tensor) -> str:
    values = np.array2string(x.data, separator=", ", prefix="tensor(", threshold=60)
    extra = f", name={x.name!r}" if x.name else ""
    if x.dtype != np.float32:
        extra += f", dtype={x.dtype}"
    return f"tensor({values}{extra}{', requires_grad=True' if x.requires_grad else ''})"


def _format(x: Tensor, spec: str) -> str:
    """Return what ``f"{loss:.3f}"`` shows."""
    return format(x.item(), spec) if spec else str(x)


def _in_place(op: Callable[..., Tensor], sign: str) -> Callable[..., Tensor]:
    """Return what ``x += y`` does: a leaf is changed in place where no graph is built, as PyTorch does it.

    A computed tensor stays as it is, and the name is given to a new one; so does a leaf without a gradient to
    which something with one is added.
    """

    def method(x: Tensor, y: Any) -> Tensor:
        if x._storage is None or (x._node is not None and x._node.op is not None):
            return op(x, y)
        if thread.state.recording_graph:
            if x.requires_grad:
                raise GraphError(
                    f"{x._called()} requires a gradient: write x = x {sign} … for a new tensor, or "
                    f"x {sign}= … inside `with mg.no_grad():` to change this one"
                )
            if isinstance(y, Tensor) and y.requires_grad:
                return op(x, y)
        with no_grad():
            new = op(x, y)
        if new.shape != x.shape or not np.can_cast(new.dtype, x.dtype, "same_kind"):
            raise ShapeError(
                f"x {sign}= … gives {new.dtype} {new.shape}, which does not fit into {x._called()}, "
                f"{x.dtype} {x.shape}; write x = x {sign} …"
            )
        return x.copy_(new)

    return method


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
    "__eq__": compared(np.equal),
    "__ne__": compared(np.not_equal),
    "__lt__": compared(np.less),
    "__le__": compared(np.less_equal),
    "__gt__": compared(np.greater),
    "__ge__": compared(np.greater_equal),
    "__iadd__": _in_place(add, "+"),
    "__isub__": _in_place(sub, "-"),
    "__imul__": _in_place(mul, "*"),
    "__itruediv__": _in_place(div, "/"),
    "__ipow__": _in_place(pow, "**"),
    "__imatmul__": _in_place(matmul, "@"),
    "__array__": array_protocol.array,
    "__array_ufunc__": array_protocol.array_ufunc,
    "__array_function__": array_protocol.array_function,
    "__getitem__": getitem,
    "__int__": lambda x: int(x.item()),
    "__repr__": _repr,
    "__format__": _format,
    "T": property(lambda x: thread.state.context.once(transpose, x)),
    "sum": sum,
    "mean": mean,
    "max": max,
    "min": min,
    "prod": prod,
    "var": var,
    "std": std,
    "cumsum": cumsum,
    "clip": clip,
    "reshape": reshape,
    "squeeze": squeeze,
    "transpose": transpose,
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
