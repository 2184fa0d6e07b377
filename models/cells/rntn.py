"""The recursive neural tensor network of Socher et al."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import Draw


class RNTN(mg.Cell):
    """The recursive neural tensor network (Socher et al. 2013, section 4.3), with a bias.

    ::

        p = tanh(zᵀ V z + W z + b),    z = [x; y]

    where x and y are the children's vectors, and zᵀ V z has one element zᵀ V[k] z for each of the matrices
    V[1] … V[D]. With V = 0 it is the `RNN`.

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws W from U(±1/√(2D)) and V from U(±1/(2D)), since (2D)² products feed a unit.
    dtype
        float32, or float64 for checks.

    Notes
    -----
    V: (D, 2D, 2D), W: (D, 2D), b: (D,). One state part, ``h``; a leaf's is its word vector. V has 4D³
    elements and as many multiply-adds at a node, in backward three times as many: the paper takes D from 25
    to 35.
    """

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.settings = {"D": D}
        self.parts = (mg.Part("h", D),)
        draw = Draw(rng, dtype)
        self.W = draw.matrix(D, 2 * D, 2 * D)
        self.V = draw.tensor((D, 2 * D, 2 * D), 4 * D * D)
        self.b = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        z = mg.concat([left.h, right.h], axis=1)
        return mg.tanh(mg.bilinear(z, z, self.V) + z @ self.W.T + self.b)
