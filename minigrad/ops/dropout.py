"""Dropout; the random generator is an argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.ops.arithmetic import mul
from minigrad.rng import require_generator
from minigrad.tensor import Tensor, as_tensor

__all__ = ["dropout"]


def dropout(x: Any, p: float, rng: np.random.Generator) -> Tensor:
    """Set each element to 0 with probability `p`, and scale the others by 1/(1 − p).

    Inside a fold one mask is drawn for all tree nodes for each dropout in ``compose``, at its first call, and
    every node uses its own row of it: the modes of the fold see the same masks.

    shapes: any
    vjp: g ⊙ mask / (1 − p)

    Parameters
    ----------
    x : tensor
    p : float
        In [0, 1). With 0, x is returned and nothing is drawn.
    rng : numpy.random.Generator
        Where the mask comes from; the caller's, so that runs can be repeated.

    Raises
    ------
    TypeError
        If `rng` is not a Generator.
    ValueError
        If `p` lies outside [0, 1).
    """
    require_generator(rng, "dropout")
    if not 0 <= p < 1:
        raise ValueError(f"dropout: p is a probability in [0, 1), not {p}")
    x = as_tensor(x)
    if p == 0:
        return x
    keep = thread.state.context.mask(x.shape, p, rng)
    return mul(x, keep.astype(x.dtype) / x.dtype.type(1 - p))
