"""A plain recursive network over dependency trees."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import Draw


class DependencyRNN(mg.NaryCell):
    """Dependency RNN: h = tanh(W x + Σ_k U h_k + b) over the children k of a node with the word x.

    It is the DT-RNN of Socher et al. (2014) with one matrix for all children; theirs has one for each
    position, and averages.

    Parameters
    ----------
    D : int
        Width of h.
    rng : numpy.random.Generator
        Matrices start from U(±1/√(W + D)), b at 0.
    W : int, optional
        Width of the words' vectors; by default D.
    dtype
        float32 or float64.

    Notes
    -----
    State: h (D). W: (D, W), U: (D, D), b: (D,).
    """

    def __init__(
        self, D: int, rng: np.random.Generator, W: int | None = None, dtype: Any = np.float32
    ) -> None:
        W = D if W is None else W
        self.settings = {"D": D, "W": W}
        self.parts = (mg.Part("h", D),)
        self.word_width = W
        draw = Draw(rng, dtype)
        self.W, self.U = draw.matrix(D, W, W + D), draw.matrix(D, D, W + D)
        self.b = draw.bias(D)

    def compose(self, word: mg.Tensor, children: mg.Children) -> mg.Tensor:
        """Return h, (rows, D)."""
        return mg.tanh(word @ self.W.T + children.sum(children.h) @ self.U.T + self.b)
