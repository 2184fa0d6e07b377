"""Functions that return gradients: `grad` and `value_and_grad`, with JAX's conventions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from minigrad.aside import gradients_aside
from minigrad.cotangent import as_dense
from minigrad.errors import GraphError, ShapeError
from minigrad.tensor import Tensor, tensor

Array = np.ndarray


def grad(f: Callable[..., Tensor], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that computes the gradient of `f`.

    Parameters
    ----------
    f : function
        Takes tensors and returns a scalar tensor.
    argnums : int or sequence of int
        Which positional arguments to differentiate by. Each is an array, a number or a tensor, of floats;
        `f` gets a tensor of its values. Other arguments are passed on as they are.

    Returns
    -------
    A function of f's arguments that returns an array of the argument's shape; a tuple of arrays if `argnums`
    is a sequence. An argument that the result does not depend on has the gradient 0. No ``.grad`` changes.

    Raises
    ------
    The function raises

    TypeError
        If there is no such argument, if one is not of floats, or if `f` returns no tensor.
    ShapeError
        If the result is no scalar.
    GraphError
        If the result depends on none of the arguments.

    Examples
    --------
    >>> mg.grad(lambda w: (w * w).sum())(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Tensor], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that computes the value of `f`, an array of shape (), and what `grad` computes."""
    if not callable(f):
        raise TypeError(f"grad takes a function, not {type(f).__name__}")
    several = not isinstance(argnums, int | np.integer)
    numbers = [int(n) for n in argnums] if several else [int(argnums)]  # type: ignore[union-attr, arg-type]

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        operands = list(args)
        leaves = []
        for n in numbers:
            if not -len(args) <= n < len(args):
                raise TypeError(f"grad: there is no positional argument {n} among {len(args)}")
            leaves.append(_leaf(n, args[n]))
            operands[n] = leaves[-1]
        out = f(*operands, **kwargs)
        if not isinstance(out, Tensor):
            raise TypeError(f"grad: the function returned a {type(out).__name__}; it returns a scalar tensor")
        if out.shape != ():
            raise ShapeError(
                f"grad: the function returned a tensor of shape {out.shape}; it returns a scalar, for "
                "instance a sum. mg.jacobian takes the derivatives of all elements"
            )
        gradients = _gradients(out, leaves)
        return out.data, tuple(gradients) if several else gradients[0]

    return value_and_gradient


def _leaf(number: int, value: Any) -> Tensor:
    """Return an argument's values as a leaf of its own."""
    data = value.data if isinstance(value, Tensor) else value
    if not isinstance(data, np.ndarray | np.generic | int | float | complex):
        raise TypeError(
            f"grad: argument {number} is a {type(value).__name__}; derivatives are taken by arrays, tensors "
            "and numbers: give np.array(…), or each part as an argument of its own with argnums=(0, 1, …)"
        )
    if np.asarray(data).dtype.kind != "f":
        what = f"an array of {data.dtype}" if hasattr(data, "dtype") else f"the {type(data).__name__} {data}"
        raise TypeError(f"grad: argument {number} is {what}; derivatives are taken by floats")
    return tensor(data, requires_grad=True, name=getattr(value, "name", None))


def _gradients(out: Tensor, leaves: Sequence[Tensor]) -> list[Array]:
    nodes = [leaf.node for leaf in leaves if leaf.node is not None]
    if out.node is None:
        raise GraphError(
            "grad: the result does not depend on the arguments; compute it from them with tensor operations, "
            "not from their .data, .item() or under no_grad()"
        )
    with gradients_aside(out.node, nodes):
        out.backward()
        found = [leaf.grad for leaf in leaves]
    if all(g is None for g in found):
        raise GraphError("grad: the result depends on other tensors, but on none of the arguments")
    return [
        np.zeros(leaf.shape, leaf.dtype) if g is None else as_dense(g)
        for leaf, g in zip(leaves, found, strict=True)
    ]
