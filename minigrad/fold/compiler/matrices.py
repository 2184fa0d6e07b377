"""What is done with whole weights: packing them for products, and putting their gradients together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from minigrad.fold.compiler.layout import Directed, Layout
from minigrad.fold.compiler.writer import Value, Writer
from minigrad.symbol import Symbol, UnsupportedError


class Piece(NamedTuple):
    """A slice of a product over all nodes that is added to a gradient.

    Attributes
    ----------
    number : int
        Of the product.
    row, column : int
        Where the slice begins.
    turned : bool
        Whether it is transposed.
    """

    number: int
    row: int
    column: int
    turned: bool


def pack(w: Writer, of: Directed) -> None:
    """Write that the weights are packed into one matrix for each rectangle.

    In forward, the parameters that elementwise loops read are also copied into the vector B.
    """
    if of is w.layout.forward:
        for s, start in w.vectors.start.items():
            w.copy_vector(s.args[0], start, s.size)
    for number, r in enumerate(itertools.chain(*of.rectangles)):
        k, n = r.k[1] - r.k[0], r.n[1] - r.n[0]
        w.new_matrix(number, (k, n), filled=sum(weight.size for _, _, weight in r.cells) == k * n)
        for k0, n0, weight in r.cells:
            turned = weight.op == "transpose"
            parameter: Symbol = weight.args[0] if turned else weight
            if parameter.op != "parameter":
                raise UnsupportedError(f"{parameter.op} of weights")
            w.place_weight(number, (k, n), (k0, n0), parameter, turned)


def write_gradients(w: Writer) -> None:
    """Write that each parameter's gradient is put together from the products and sums."""
    start = 0
    for shape, g in w.gradients:
        w.gradient(start, shape, g)
        start += math.prod(shape)


def pieces(layout: Layout, s: Any, turned: bool = False) -> list[Piece] | None:
    """Return the slices of products that add up to a gradient; None if it is something else."""
    if not isinstance(s, Symbol):
        return None
    if s in layout.products:
        return [Piece(*layout.products[s], turned)]
    if s.op == "transpose":
        return pieces(layout, s.args[0], not turned)
    if s.op != "add":
        return None
    parts = [pieces(layout, a, turned) for a in s.args]
    return None if None in parts else [piece for part in parts for piece in part or []]


def expression(
    s: Any,
    leaf: Callable[[Symbol, bool], Value | None],
    number: Callable[[Any], Value],
    apply: Callable[..., Value],
    turned: bool = False,
) -> Value:
    """Return a gradient's expression, in terms of its products and sums.

    Parameters
    ----------
    s : Symbol or number
    leaf : function of a symbol and whether it is transposed
        Returns the value of a product or sum, None for other symbols.
    number, apply : functions
        As those of a `Writer`: the value of a number, and of an operation (its name, then the operands).
    turned : bool
        Whether the transpose is wanted.
    """
    if not isinstance(s, Symbol):
        return number(s)
    value = leaf(s, turned)
    if value is not None:
        return value
    if s.op == "transpose":
        return expression(s.args[0], leaf, number, apply, not turned)
    if any(a.shape != s.shape for a in s.args if isinstance(a, Symbol)):
        raise UnsupportedError(f"{s.op} of weights")
    return apply(s.op, *(expression(a, leaf, number, apply, turned) for a in s.args))
