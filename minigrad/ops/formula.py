"""From two formulas to an activation function.

The forward formula and the vjp are all there is to write. The NumPy twins, the compiled loops, the op on
tensors and the rules by which the fold's compiler writes it are made of them, and cells find the activation
by its name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from minigrad import kernels
from minigrad.primitive import Primitive, primitive
from minigrad.symbol import UnsupportedError

Array = np.ndarray
Formula = Callable[..., Any]


class Activation(Primitive, Protocol):
    """An op of one array, made by `activation`.

    Attributes
    ----------
    kernels : tuple of functions
        Forward, then the vjp.
    slope : function or None
        The derivative f′(x), told by y = f(x) alone.
    """

    kernels: tuple[Callable[..., Any], ...]
    slope: Callable[[Array], Any] | None

    def vjp_from_output(self, vjp: Formula) -> None:
        """Give the vjp as a function of g and y = f(x): of the two, y is what is kept for backward."""

    def vjp_from_input(self, vjp: Formula, slope: Formula | None = None) -> None:
        """Give the vjp as a function of g and x, and perhaps the slope as one of y."""


ACTIVATIONS: dict[str, Activation] = {}  # all that have been defined, by name


def activation(formula: None = None, /, *, analytic: bool = True) -> Callable[[Formula], Activation]:
    """Turn a formula on an array into an activation function on tensors; its vjp is given below it.

    Formulas are made of arithmetic, comparisons, ``np.where`` and NumPy's elementwise functions, and have no
    branches. The docstring is that of a `primitive`.

    Parameters
    ----------
    analytic : bool
        The formula also means something for complex numbers, which |x| does not. Only `gradcheck` asks.

    Raises
    ------
    UnsupportedError
        If a formula uses what is not computed element by element; the text names it.
    """
    if formula is not None:
        raise TypeError("activation is called before it decorates: write @mg.activation(), with brackets")

    def decorate(formula: Formula) -> Activation:
        name = formula.__name__
        forward = kernels.elementwise(formula, name, 1)
        op = cast(Activation, primitive(analytic=analytic)(functools.wraps(formula)(lambda x: forward(x))))

        def vjp_from_output(vjp: Formula) -> None:
            backward = _backward(vjp, name, "output(lambda g, y: …)")
            op.defvjp(lambda y, x: lambda g: backward(g, y))
            op.kernels, op.slope = (forward, backward), lambda y: vjp(y.dtype.type(1), y)

        def vjp_from_input(vjp: Formula, slope: Formula | None = None) -> None:
            backward = _backward(vjp, name, "input(lambda g, x: …)")
            op.defvjp(lambda y, x: lambda g: backward(g, x))
            op.kernels, op.slope = (forward, backward), slope

        op.vjp_from_output = vjp_from_output  # type: ignore[method-assign]
        op.vjp_from_input = vjp_from_input  # type: ignore[method-assign]
        ACTIVATIONS[name] = op
        return op

    return decorate


def _backward(vjp: Formula, name: str, form: str) -> Callable[..., Any]:
    try:
        return kernels.elementwise(vjp, f"{name}_vjp", 2)
    except UnsupportedError as error:
        raise UnsupportedError(f"{error}; it is given as {name}.vjp_from_{form}") from None
