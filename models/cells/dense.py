"""A recursive network with dense connections."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw


class DenseRNN(mg.Cell):
    """The recursive network with dense connections: every node reads all nodes below it.

    ::

        p  = f(W1 x + W2 y + V1 sx + V2 sy + b)
        sp = x + y + sx + sy

    After Huang et al. (2017), where a layer reads the concatenated outputs of all earlier layers. Here the
    vectors of all nodes below a child are multiplied by the same matrix V, which is the product with their
    sum: sx is the sum of the vectors of all nodes below the left child, 0 if that is a leaf.

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws the matrices from U(±1/√(4D)); b starts at 0.
    f : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.

    Notes
    -----
    All W and V: (D, D). b: (D,). Two state parts: ``h``, at a leaf its word vector, and ``s``, the sum of the
    vectors of all nodes below, at a leaf 0.
    """

    def __init__(self, D: int, rng: np.random.Generator, f: str = "tanh", dtype: Any = np.float32) -> None:
        self.settings = {"D": D, "f": f}
        self.parts = (mg.Part("h", D), mg.Part("s", D, leaf="zero"))
        self.f = activation(f)
        draw = Draw(rng, dtype)
        self.W1, self.W2, self.V1, self.V2 = (draw.matrix(D, D, 4 * D) for _ in range(4))
        self.b = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": p, "s": sp}, each (rows, D)."""
        x, sx, y, sy = left.h, left.s, right.h, right.s
        p = self.f(x @ self.W1.T + y @ self.W2.T + sx @ self.V1.T + sy @ self.V2.T + self.b)
        return {"h": p, "s": x + y + sx + sy}
