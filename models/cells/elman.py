"""The simple recurrent network."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw


class Elman(mg.Cell):
    """h_t = f(W h_{t−1} + U x_t + b)   (Elman 1990), over the words of a left-branching chain.

    Parameters
    ----------
    D : int
        Width of the state.
    rng : numpy.random.Generator
        Draws W and U from U(±1/√(D + E)); b starts at 0.
    f : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.
    E : int, optional
        Width of the words; D unless given.

    Notes
    -----
    W: (D, D), U: (D, E), b: (D,). One state part, ``h``, with h_0 = 0; see `models.as_chains`.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        f: str = "tanh",
        dtype: Any = np.float32,
        E: int | None = None,
    ) -> None:
        E = D if E is None else E
        self.settings = {"D": D, "f": f, "E": E}
        self.parts = (mg.Part("h", D, leaf="zero"),)
        self.right_parts = (mg.Part("x", E),)
        self.f = activation(f)
        draw = Draw(rng, dtype)
        self.W, self.U = draw.matrix(D, D, D + E), draw.matrix(D, E, D + E)
        self.b = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return h_t, (rows, D)."""
        h, x = left.h, right.x
        return self.f(h @ self.W.T + x @ self.U.T + self.b)
