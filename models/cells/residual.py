"""A recursive network with residual connections."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw


class ResidualRNN(mg.Cell):
    """p = x + y + f(W1 x + W2 y + b)

    The recursive network with the residual connections of He et al. (2016): both inputs of a node are added
    to its output. The gradient reaches every leaf undiminished, along a path of sums; the price is that a
    phrase's vector grows with the number of its words.

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws W1 and W2 from U(±1/√(2D)); b starts at 0.
    f : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.

    Notes
    -----
    W1, W2: (D, D). b: (D,). One state part, ``h``; a leaf's is its word vector.
    """

    def __init__(self, D: int, rng: np.random.Generator, f: str = "tanh", dtype: Any = np.float32) -> None:
        self.settings = {"D": D, "f": f}
        self.parts = (mg.Part("h", D),)
        self.f = activation(f)
        draw = Draw(rng, dtype)
        self.W1, self.W2 = draw.matrix(D, D, 2 * D), draw.matrix(D, D, 2 * D)
        self.b = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        x, y = left.h, right.h
        return x + y + self.f(x @ self.W1.T + y @ self.W2.T + self.b)
