"""The gated recurrent unit for two children."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import Draw


class TreeGRU(mg.Cell):
    """The gated recursive network for binary trees (Chen et al. 2015), with biases.

    ::

        r1 = σ(Wr11 x + Wr12 y + br1)       r2 = σ(Wr21 x + Wr22 y + br2)
        p̂  = tanh(W1 (r1 ⊙ x) + W2 (r2 ⊙ y) + b)
        z0 : z1 : z2 = exp(Wz00 p̂ + Wz01 x + Wz02 y + bz0) : exp(Wz10 p̂ + Wz11 x + Wz12 y + bz1)
                     : exp(Wz20 p̂ + Wz21 x + Wz22 y + bz2),    z0 + z1 + z2 = 1
        p  = z0 ⊙ p̂ + z1 ⊙ x + z2 ⊙ y

    where x and y are the children's vectors. In a `GRU` u and 1 − u weigh the new value against the old one;
    here z0, z1, z2 weigh the new value against the two children.

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws the Wz from U(±1/√(3D)), the other matrices from U(±1/√(2D)); biases start at 0.
    dtype
        float32, or float64 for checks.

    Notes
    -----
    All W: (D, D), all b: (D,). One state part, ``h``; a leaf's is its word vector.
    """

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.settings = {"D": D}
        self.parts = (mg.Part("h", D),)
        draw = Draw(rng, dtype)
        self.Wr11, self.Wr12, self.Wr21, self.Wr22 = (draw.matrix(D, D, 2 * D) for _ in range(4))
        self.W1, self.W2 = (draw.matrix(D, D, 2 * D) for _ in range(2))
        self.Wz00, self.Wz01, self.Wz02 = (draw.matrix(D, D, 3 * D) for _ in range(3))
        self.Wz10, self.Wz11, self.Wz12 = (draw.matrix(D, D, 3 * D) for _ in range(3))
        self.Wz20, self.Wz21, self.Wz22 = (draw.matrix(D, D, 3 * D) for _ in range(3))
        self.br1, self.br2, self.b, self.bz0, self.bz1, self.bz2 = (draw.bias(D) for _ in range(6))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        x, y = left.h, right.h
        r1 = mg.sigmoid(x @ self.Wr11.T + y @ self.Wr12.T + self.br1)
        r2 = mg.sigmoid(x @ self.Wr21.T + y @ self.Wr22.T + self.br2)
        new = mg.tanh((r1 * x) @ self.W1.T + (r2 * y) @ self.W2.T + self.b)
        a0 = new @ self.Wz00.T + x @ self.Wz01.T + y @ self.Wz02.T + self.bz0
        a1 = new @ self.Wz10.T + x @ self.Wz11.T + y @ self.Wz12.T + self.bz1
        a2 = new @ self.Wz20.T + x @ self.Wz21.T + y @ self.Wz22.T + self.bz2
        largest = mg.maximum(a0, mg.maximum(a1, a2))  # subtracted, so that no exp overflows
        e0, e1, e2 = mg.exp(a0 - largest), mg.exp(a1 - largest), mg.exp(a2 - largest)
        return (e0 * new + e1 * x + e2 * y) / (e0 + e1 + e2)
