"""Python's operators and the methods of `Tensor`, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.ops.arithmetic import add, div, mul, neg, pow, sub
from minigrad.ops.elementwise import abs, clip
from minigrad.ops.index import getitem
from minigrad.ops.linear import matmul, transpose
from minigrad.ops.moments import std, var
from minigrad.ops.reduce import cumsum, max, mean, min, prod, sum
from minigrad.ops.shape import reshape, squeeze
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


def _array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
    """Compute `array * tensor`, which NumPy asks for as a ufunc; TypeError for one that is no operator."""
    op = UFUNCS.get(ufunc.__name__)
    if op is not None and method == "__call__" and not options:
        return op(*operands)
    name = ufunc.__name__
    known = f"it is a function here: mg.{name}"
    hint = known if name in Tensor._functions else "the array, without a derivative, is its .data"
    raise TypeError(f"NumPy's {name} does not take a Tensor; {hint}")


def _compared(name: str) -> Callable[[Any, Tensor], Tensor]:
    return lambda x, y: METHODS[name](x if isinstance(x, Tensor) else Tensor(np.asarray(x)), y)


# What `array + tensor` and the like are to NumPy.
UFUNCS: dict[str, Callable[..., Any]] = {
    **{"add": add, "subtract": sub, "multiply": mul, "divide": div, "matmul": matmul, "power": pow},
    **{"equal": _compared("__eq__"), "not_equal": _compared("__ne__")},
    **{"less": _compared("__lt__"), "less_equal": _compared("__le__")},
    **{"greater": _compared("__gt__"), "greater_equal": _compared("__ge__")},
}

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
    "__array_ufunc__": _array_ufunc,
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
