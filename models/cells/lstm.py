"""The long short-term memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import FORGET_BIAS, Draw


class LSTM(mg.Cell):
    """The LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), over a chain.

    ::

        f_t = σ(Wf h_{t−1} + Uf x_t + bf)
        i_t = σ(Wi h_{t−1} + Ui x_t + bi)
        ĉ_t = tanh(Wc h_{t−1} + Uc x_t + bc)
        c_t = f_t ⊙ c_{t−1} + i_t ⊙ ĉ_t
        o_t = σ(Wo h_{t−1} + Uo x_t + bo)
        h_t = o_t ⊙ tanh(c_t)

    Parameters
    ----------
    D : int
        Width of state and memory.
    rng : numpy.random.Generator
        Draws the matrices from U(±1/√(D + E)).
    dtype
        float32, or float64 for checks.
    E : int, optional
        Width of the words; D unless given.
    forget_bias : float
        The initial value of bf; the other biases start at 0.

    Notes
    -----
    All W: (D, D), all U: (D, E), all b: (D,). Texts that write one matrix for h_{t−1} and x_t, concatenated,
    mean [W U]. Two state parts, ``h`` and the memory ``c``, both 0 before the first word; see
    `models.as_chains`.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        dtype: Any = np.float32,
        E: int | None = None,
        forget_bias: float = FORGET_BIAS,
    ) -> None:
        E = D if E is None else E
        self.settings = {"D": D, "E": E, "forget_bias": forget_bias}
        self.parts = (mg.Part("h", D, leaf="zero"), mg.Part("c", D, leaf="zero"))
        self.right_parts = (mg.Part("x", E),)
        draw = Draw(rng, dtype)
        self.Wf, self.Wi, self.Wc, self.Wo = (draw.matrix(D, D, D + E) for _ in range(4))
        self.Uf, self.Ui, self.Uc, self.Uo = (draw.matrix(D, E, D + E) for _ in range(4))
        self.bf = draw.bias(D, forget_bias)
        self.bi, self.bc, self.bo = (draw.bias(D) for _ in range(3))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": h_t, "c": c_t}, each (rows, D)."""
        h, c, x = left.h, left.c, right.x
        f = mg.sigmoid(h @ self.Wf.T + x @ self.Uf.T + self.bf)
        i = mg.sigmoid(h @ self.Wi.T + x @ self.Ui.T + self.bi)
        c = f * c + i * mg.tanh(h @ self.Wc.T + x @ self.Uc.T + self.bc)
        o = mg.sigmoid(h @ self.Wo.T + x @ self.Uo.T + self.bo)
        return {"h": o * mg.tanh(c), "c": c}
