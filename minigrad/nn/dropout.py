"""Dropout that is on in training only."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.nn.module import Module
from minigrad.ops.dropout import dropout
from minigrad.rng import require_generator
from minigrad.tensor import Tensor, as_tensor


class Dropout(Module):
    """`minigrad.dropout` while ``training`` is True, and nothing after ``eval()``.

    Parameters
    ----------
    p : float
        Probability in [0, 1) of setting an element to 0.
    rng : numpy.random.Generator
        Draws the masks. The checkpoints of `experiments.training.fit` keep its state.

    Raises
    ------
    TypeError, ValueError
        If `rng` is not a Generator, or `p` not in [0, 1).
    """

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is a probability in [0, 1), not {p}")
        self.p, self.rng = p, require_generator(rng, "Dropout")

    def __call__(self, x: Any) -> Tensor:
        """Return x with some elements set to 0 and the others scaled by 1/(1 − p), or x itself."""
        return dropout(x, self.p, self.rng) if self.training else as_tensor(x)
