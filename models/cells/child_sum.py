"""Child-Sum Tree-LSTM."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import FORGET_BIAS, Draw


class ChildSumTreeLSTM(mg.NaryCell):
    """Child-Sum Tree-LSTM: Tai, Socher & Manning (2015), equations 2–8.

    For a node j with the word x and the children k, each with hidden vector h_k and memory c_k:

    - h̃ = Σ_k h_k
    - i = σ(Wi x + Ui h̃ + bi)
    - f_k = σ(Wf x + Uf h_k + bf), a gate for each child
    - o = σ(Wo x + Uo h̃ + bo)
    - u = tanh(Wu x + Uu h̃ + bu)
    - c = i ⊙ u + Σ_k f_k ⊙ c_k
    - h = o ⊙ tanh(c)

    Parameters
    ----------
    D : int
        Width of h and of c.
    rng : numpy.random.Generator
        Matrices start from U(±1/√fan-in), where a gate's fan-in is W + D; biases at 0, but for bf.
    W : int, optional
        Width of the words' vectors; by default D.
    dtype
        float32 or float64.
    forget_bias : float
        Where bf starts.

    Notes
    -----
    State: h (D), c (D). Wi, Wf, Wo, Wu: (D, W); Ui, Uf, Uo, Uu: (D, D); bi, bf, bo, bu: (D,).
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        W: int | None = None,
        dtype: Any = np.float32,
        forget_bias: float = FORGET_BIAS,
    ) -> None:
        W = D if W is None else W
        self.settings = {"D": D, "W": W, "forget_bias": forget_bias}
        self.parts = (mg.Part("h", D), mg.Part("c", D))
        self.word_width = W
        draw = Draw(rng, dtype)
        self.Wi, self.Wf, self.Wo, self.Wu = (draw.matrix(D, W, W + D) for _ in range(4))
        self.Ui, self.Uf, self.Uo, self.Uu = (draw.matrix(D, D, W + D) for _ in range(4))
        self.bi, self.bo, self.bu = (draw.bias(D) for _ in range(3))
        self.bf = draw.bias(D, forget_bias)

    def compose(self, word: mg.Tensor, children: mg.Children) -> dict[str, mg.Tensor]:
        """Return {"h": h, "c": c}, each (rows, D)."""
        x, h = word, children.sum(children.h)
        i = mg.sigmoid(x @ self.Wi.T + h @ self.Ui.T + self.bi)
        f = mg.sigmoid(children.each(x @ self.Wf.T) + children.h @ self.Uf.T + self.bf)
        o = mg.sigmoid(x @ self.Wo.T + h @ self.Uo.T + self.bo)
        u = mg.tanh(x @ self.Wu.T + h @ self.Uu.T + self.bu)
        c = i * u + children.sum(f * children.c)
        return {"h": o * mg.tanh(c), "c": c}
