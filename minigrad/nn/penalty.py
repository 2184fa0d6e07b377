"""Penalties on what a network computes, to be added to its loss.

Those on weights are settings of every optimiser, ``l2`` and ``l1``: they decay only the rows of a table that
a minibatch read, and cost nothing in the graph. ``l2(W)`` and ``l1(W)`` have the same derivatives.
"""

from __future__ import annotations

from typing import Any

from minigrad.ops import abs as absolute
from minigrad.ops import sum as total
from minigrad.tensor import Tensor, as_tensor


def l1(x: Any) -> Tensor:
    """Σ |x|, a number; its derivative is g sign(x), and 0 where x is 0.

    On activations it makes relu units sparse: ``loss + λ / len(forest) * l1(states.h)``.
    """
    return total(absolute(as_tensor(x)))


def l2(x: Any) -> Tensor:
    """½ Σ x², a number; its derivative is g x."""
    x = as_tensor(x)
    return total(x * x) * 0.5
