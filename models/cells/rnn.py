"""The recursive neural network."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw
from models.cells.leaf_weights import vector, weight


class RNN(mg.Cell):
    """p = f(W1 x + W2 y + b)   (Le & Zuidema 2016, section 2)

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws W1 and W2 from U(±1/√(3D)), as the authors' code does; b starts at 0.
    f : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.
    leaf_weights : "shared" or "separate"
        With "separate", as in the authors' code, leaves have matrices of their own: W1 is a pair,
        ``W1.inner`` and ``W1.leaf``, and so is W2.

    Notes
    -----
    W1, W2: (D, D). b: (D,). One state part, ``h``; a leaf's is its word vector.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        f: str = "tanh",
        dtype: Any = np.float32,
        leaf_weights: str = "shared",
    ) -> None:
        self.settings = {"D": D, "f": f, "leaf_weights": leaf_weights}
        self.parts = (mg.Part("h", D),)
        self.f = activation(f)
        self.leaf_weights = leaf_weights

        draw = Draw(rng, dtype)
        self.W1, self.W2 = (weight(draw, D, 3 * D, leaf_weights) for _ in range(2))
        self.b = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        x, y = vector(left, self.leaf_weights), vector(right, self.leaf_weights)
        return self.f(x @ self.W1.T + y @ self.W2.T + self.b)
