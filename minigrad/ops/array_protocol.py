"""What NumPy's functions and conversions do with a tensor: what ours do, or an error that says what to write.

NumPy asks a tensor through ``__array_ufunc__``, ``__array_function__`` and ``__array__``. Left to itself it
would take the values and drop the graph, and a loss would lose a part of its derivative without a word.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad.context import thread
from minigrad.ops.activations import tanh
from minigrad.ops.arithmetic import add, div, maximum, minimum, mul, neg, pow, sub, where
from minigrad.ops.einsum import einsum
from minigrad.ops.elementwise import abs, clip, cos, exp, log, sin, sqrt
from minigrad.ops.linear import matmul, transpose
from minigrad.ops.moments import std, var
from minigrad.ops.reduce import cumsum, max, mean, min, norm, prod, sum
from minigrad.ops.shape import broadcast_to, concat, expand_dims, reshape, squeeze, stack
from minigrad.tensor import Tensor


class Row(NamedTuple):
    """Our name for a function of NumPy's.

    Attributes
    ----------
    op : function on tensors
    operands : int
        How many of NumPy's parameters, the first ones, are its operands.
    settings : tuple of str
        The others that it takes, by NumPy's names, which are ours too.
    """

    op: Callable[..., Any]
    operands: int = 1
    settings: tuple[str, ...] = ()


def compared(compare: np.ufunc) -> Callable[..., Tensor]:
    """Return a comparison by element: booleans for `where`, without a derivative."""

    def apply(x: Any, y: Any) -> Tensor:
        result = compare(_values(x), _values(y))
        return Tensor(np.asarray(result) if isinstance(result, np.generic) else result)

    return apply


def _dot(a: Any, b: Any) -> Tensor:
    a_axes, b_axes = np.ndim(a), np.ndim(b)
    if not a_axes or not b_axes:
        return mul(a, b)
    if b_axes > 2:
        raise TypeError(
            "np.dot of a tensor takes at most matrices on the right; stacks of them take mg.matmul"
        )
    return matmul(a, b)


REDUCED = ("axis", "keepdims")

# What `array + tensor` and np.tanh(tensor) are to NumPy.
UFUNCS: dict[Any, Callable[..., Any]] = {
    **{np.add: add, np.subtract: sub, np.multiply: mul, np.divide: div, np.matmul: matmul, np.power: pow},
    **{np.negative: neg, np.positive: lambda x: x, np.absolute: abs, np.square: lambda x: mul(x, x)},
    **{np.exp: exp, np.log: log, np.sqrt: sqrt, np.sin: sin, np.cos: cos, np.tanh: tanh},
    **{np.maximum: maximum, np.minimum: minimum},
    **{f: compared(f) for f in (np.equal, np.not_equal, np.less, np.less_equal)},
    **{f: compared(f) for f in (np.greater, np.greater_equal)},
}
FUNCTIONS: dict[Any, Row] = {
    np.sum: Row(sum, 1, REDUCED),
    np.mean: Row(mean, 1, REDUCED),
    np.max: Row(max, 1, REDUCED),
    np.amax: Row(max, 1, REDUCED),
    np.min: Row(min, 1, REDUCED),
    np.amin: Row(min, 1, REDUCED),
    np.prod: Row(prod, 1, REDUCED),
    np.var: Row(var, 1, ("axis", "ddof", "keepdims")),
    np.std: Row(std, 1, ("axis", "ddof", "keepdims")),
    np.linalg.norm: Row(norm, 1, REDUCED),
    np.cumsum: Row(cumsum, 1, ("axis",)),
    np.clip: Row(clip, 3),
    np.where: Row(where, 3),
    np.dot: Row(_dot, 2),
    np.einsum: Row(lambda operands: einsum(*operands)),
    np.reshape: Row(reshape, 2),
    np.squeeze: Row(squeeze, 1, ("axis",)),
    np.expand_dims: Row(expand_dims, 2),
    np.broadcast_to: Row(broadcast_to, 2),
    np.transpose: Row(lambda a, axes=None: transpose(a, *(axes or ())), 1, ("axes",)),
    np.concatenate: Row(concat, 1, ("axis",)),
    np.stack: Row(stack, 1, ("axis",)),
}
# Their answers have no derivative: they are given the values.
WITHOUT_DERIVATIVE: set[Any] = {
    *(np.isnan, np.isinf, np.isfinite, np.signbit),
    *(np.logical_and, np.logical_or, np.logical_not, np.logical_xor),
    *(np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero),
    *(np.any, np.all, np.count_nonzero, np.searchsorted, np.digitize),
    *(np.isclose, np.allclose, np.array_equal, np.shares_memory, np.may_share_memory),
    *(np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.result_type),
    *(np.array2string, np.array_repr, np.array_str, np.save, np.savez, np.savetxt),
}


def array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
    """Answer a ufunc: ours, NumPy's where there is nothing to differentiate, or TypeError."""
    if ufunc in UFUNCS and method == "__call__" and not options:
        return UFUNCS[ufunc](*operands)
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    called = f"np.{name} with {', '.join(options)}" if options else f"np.{name}"
    if ufunc not in WITHOUT_DERIVATIVE:
        _refuse(called, ufunc.__name__, [*operands, *options.values()])
    return getattr(ufunc, method)(*_values(operands), **_values(options))


def array_function(x: Tensor, function: Any, types: Any, arguments: tuple[Any, ...], options: Any) -> Any:
    """Answer any other function of NumPy's in the same way."""
    row = FUNCTIONS.get(function)
    name = f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"
    if row is None:
        if function not in WITHOUT_DERIVATIVE:
            _refuse(name, function.__name__, [*arguments, *options.values()])
        return function(*_values(arguments), **_values(options))
    signature = inspect.signature(function)
    given = signature.bind(*arguments, **options).arguments
    first = [*signature.parameters][: row.operands]
    operands = [given.pop(parameter) for parameter in first if parameter in given]
    others = [key for key in given if key not in row.settings and given[key] is not None]
    if others or len(operands) < row.operands:
        instead = f", not {', '.join(others)}" if others else ""
        raise TypeError(f"{name} of a tensor takes {', '.join([*first, *row.settings])}{instead}")
    return row.op(*operands, **{key: given[key] for key in row.settings if key in given})


def array(x: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """Answer ``np.asarray(tensor)``: the values, unless that would cut the graph."""
    if x.requires_grad and thread.state.recording_graph:
        raise TypeError(
            f"an array of {x._called()}, which requires a gradient, would be cut off from the graph; "
            "write t.numpy() for its values, mg.stack or mg.concat to join tensors"
        )
    return np.array(x.data, dtype=dtype, copy=copy)


def _refuse(called: str, name: str, arguments: Any) -> None:
    """Raise TypeError if a tensor among the arguments requires a gradient, which would be lost."""
    if thread.state.recording_graph and any(x.requires_grad for x in _tensors(arguments)):
        hint = f"write mg.{name}" if name in Tensor._functions else "compute it from mg's operations"
        raise TypeError(
            f"{called} does not take a tensor that requires a gradient, which would be lost; {hint}, or take "
            "t.numpy(), its values"
        )


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _values(value: Any) -> Any:
    """Return an argument with arrays instead of tensors."""
    if isinstance(value, Tensor):
        return value.data
    if isinstance(value, list | tuple):
        return type(value)(map(_values, value))
    return {key: _values(item) for key, item in value.items()} if isinstance(value, dict) else value
