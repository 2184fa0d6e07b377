"""Einstein's summation: axes are named by letters, and those that the result does not name are summed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.ops.broadcast import sum_to
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["einsum"]

Array = np.ndarray

FORM = re.compile(r"([a-zA-Z]*),([a-zA-Z]*)(?:->([a-zA-Z]*))?")


@primitive()
def _einsum(a: Array, b: Array, *, of_a: str, of_b: str, to: str) -> Any:
    """Σ a ⊙ b over the axes that the result does not name; a letter that both name is one axis

    shapes: as many letters as axes; axes of one letter have one length, or 1, which is repeated
    vjp: Σ g ⊙ b over the axes that a does not name, Σ g ⊙ a over those that b does not name
    """
    for letters, x in ((of_a, a), (of_b, b)):
        if len(letters) != x.ndim:
            raise ShapeError(f"{letters!r} names {len(letters)} axes")
        if len({*zip(letters, x.shape, strict=True)}) != len({*letters}):
            raise ShapeError(f"{letters!r} names axes of different lengths by one letter")
    return np.einsum(f"{of_a},{of_b}->{to}", a, b, optimize=True)


def _vjp(mine: str, x: Array, others: str, other: Array, to: str) -> Any:
    letters = "".join(dict.fromkeys(mine))  # of a diagonal, once
    known = [c for c in letters if c in to + others]
    lengths = dict.fromkeys(letters, 1)
    for c, n in (*zip(mine, x.shape, strict=True), *zip(others, other.shape, strict=True)):
        if lengths.get(c) == 1:
            lengths[c] = n
    full = tuple(lengths.values())
    shape, dtype = x.shape, x.dtype

    def vjp(g: Array) -> Array:
        part = np.einsum(f"{to},{others}->{''.join(known)}", g, other, optimize=True)
        part = np.expand_dims(part, [k for k, c in enumerate(letters) if c not in known])
        part = np.broadcast_to(part, full)
        if letters == mine:
            return sum_to(part, shape)
        out = np.zeros(shape, dtype)
        diagonal = np.einsum(f"{mine}->{letters}", out)  # a view
        diagonal[...] = sum_to(part, diagonal.shape)
        return out

    return vjp


_einsum.defvjp(
    lambda y, a, b, of_a, of_b, to: _vjp(of_a, a, of_b, b, to),
    lambda y, a, b, of_a, of_b, to: _vjp(of_b, b, of_a, a, to),
)


def einsum(subscripts: str, a: Any, b: Any, *more: Any) -> Tensor:
    """Return the sum of products that `subscripts` describes, as ``np.einsum`` for two operands.

    ``"ij,jk->ik"`` is the product of matrices, ``"bi,bj->bij"`` an outer product for every row, ``"i,i->"``
    the inner product. Without ``->`` the result has, in alphabetical order, the letters that occur once.

    Parameters
    ----------
    subscripts : str
        The letters of a's axes, a comma, those of b's, and perhaps ``->`` with those of the result. A letter
        that one operand has twice means its diagonal.
    a, b : tensor

    Raises
    ------
    ShapeError
        If the letters do not fit the axes.
    ValueError
        If the subscripts are of another form: with an ellipsis (name its axes instead), or of another number
        of operands.
    """
    text = subscripts.replace(" ", "") if isinstance(subscripts, str) else subscripts
    found = None if more or not isinstance(text, str) else FORM.fullmatch(text)
    if found is None:
        hint = (
            "give every axis a letter instead of '...'" if "..." in str(text) else "for instance 'ij,jk->ik'"
        )
        raise ValueError(f"einsum takes subscripts of two operands and these, not {subscripts!r}; {hint}")
    of_a, of_b, to = found.groups()
    both = of_a + of_b
    if to is None:
        to = "".join(sorted(c for c in both if both.count(c) == 1))
    for c in to:
        if c not in both or to.count(c) > 1:
            raise ValueError(
                f"einsum: {c!r} of the result in {subscripts!r} "
                + ("is in neither operand" if c not in both else "stands there twice")
            )
    return _einsum(a, b, of_a=of_a, of_b=of_b, to=to)
