"""Of which products and sums over all nodes the weights' gradients are put together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.views import reached
from minigrad.symbol import Symbol, UnsupportedError

Value = Any


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


class Target(NamedTuple):
    """A gradient, to which a product over all nodes is added where it stands, without a matrix of its own.

    Attributes
    ----------
    start : int
        Its first element, in the vector of all gradients.
    shape : (rows, columns)
    turned : bool
        Whether the product's transpose is added: GᵀX instead of XᵀG.
    first : bool
        Whether this is the gradient's first product, which overwrites what stood there.
    """

    start: int
    shape: tuple[int, ...]
    turned: bool
    first: bool


def targets(layout: Layout) -> dict[int, Target]:
    """Return the targets of those products that have one, by number; a gradient's follow one another.

    These are the gradients of large weights: to have them twice, in a matrix and in the vector, would cost
    more than the products.
    """
    gradients = layout.program.gradients
    uses = Counter(layout.products[s][0] for _, g in gradients for s in _products(layout, g))
    found: dict[int, Target] = {}
    start = 0
    for shape, g in gradients:
        parts = sorted(pieces(layout, g) or [])
        numbers = [part.number for part in parts]
        if all(layout.weights[k].whole and uses[k] == 1 and numbers.count(k) == 1 for k in numbers):
            for part in parts:
                found[part.number] = Target(start, shape, part.turned, part is parts[0])
        start += math.prod(shape)
    return found


def _products(layout: Layout, g: Symbol | None) -> list[Symbol]:
    """Return the products over all nodes that a gradient is made of."""
    return [s for s in reached([g], lambda s: s not in layout.products) if s in layout.products]


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
