"""A recursive network with highway connections."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw

CARRY_BIAS = -1.0  # the gate starts at σ(−1) ≈ 0.27: most is carried, little transformed


class HighwayRNN(mg.Cell):
    """The recursive network with the highway connections of Srivastava et al. (2015).

    ::

        t = σ(Wt1 x + Wt2 y + bt)
        p = t ⊙ f(W1 x + W2 y + b) + (1 − t) ⊙ (x + y)

    The gate t is the share of a node that is transformed; the rest of both children is carried unchanged.

    Parameters
    ----------
    D : int
        Width of words and phrases.
    rng : numpy.random.Generator
        Draws the matrices from U(±1/√(2D)); b starts at 0.
    f : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.
    carry_bias : float
        The initial value of bt. Srivastava et al. advise a negative number, so that a deep network carries
        until it has learned what to transform.

    Notes
    -----
    All W: (D, D), all b: (D,). One state part, ``h``; a leaf's is its word vector.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        f: str = "tanh",
        dtype: Any = np.float32,
        carry_bias: float = CARRY_BIAS,
    ) -> None:
        self.settings = {"D": D, "f": f, "carry_bias": carry_bias}
        self.parts = (mg.Part("h", D),)
        self.f = activation(f)
        draw = Draw(rng, dtype)
        self.W1, self.W2, self.Wt1, self.Wt2 = (draw.matrix(D, D, 2 * D) for _ in range(4))
        self.b, self.bt = draw.bias(D), draw.bias(D, carry_bias)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        x, y = left.h, right.h
        t = mg.sigmoid(x @ self.Wt1.T + y @ self.Wt2.T + self.bt)
        return t * self.f(x @ self.W1.T + y @ self.W2.T + self.b) + (1 - t) * (x + y)
