"""Cells as people write them themselves, which compute along their rows: for the race against mode level."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad.nn import ParameterList
from models.cells.draw import Draw


class NormedTreeLSTM(mg.Cell):
    """A binary Tree-LSTM in which every gate and the memory are normalised (Ba et al. 2016).

    ::

        i, f1, f2, o = σ(LN(U x + V y))      u = tanh(LN(U x + V y))
        c = i ⊙ u + f1 ⊙ cx + f2 ⊙ cy       p = o ⊙ tanh(LN(c))

    where each of the five has matrices U and V, and each of the six LN a scale and a shift, of its own.
    """

    def __init__(self, D: int, rng: np.random.Generator) -> None:
        self.parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))
        draw = Draw(rng, np.float32)
        self.U, self.V = (ParameterList(draw.matrix(D, D, 2 * D) for _ in range(5)) for _ in range(2))
        self.scale = ParameterList(draw.bias(D, 1.0) for _ in range(6))
        self.shift = ParameterList(draw.bias(D) for _ in range(6))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": p, "c": c}, each (rows, D)."""
        sums = [left.h @ U.T + right.h @ V.T for U, V in zip(self.U, self.V, strict=True)]
        i, f1, f2, o, u = (mg.layer_norm(s, self.scale[k], self.shift[k]) for k, s in enumerate(sums))
        c = mg.sigmoid(i) * mg.tanh(u) + mg.sigmoid(f1) * left.c + mg.sigmoid(f2) * right.c
        return {"h": mg.sigmoid(o) * mg.tanh(mg.layer_norm(c, self.scale[5], self.shift[5])), "c": c}


class Attention(mg.Cell):
    """A recursive network that weighs its children by scores of their own.

    ::

        a1 : a2 = exp(w tanh(S x)) : exp(w tanh(S y)),  a1 + a2 = 1
        p = tanh(a1 W1 x + a2 W2 y + b)
    """

    def __init__(self, D: int, rng: np.random.Generator) -> None:
        self.parts = (mg.Part("h", D),)
        draw = Draw(rng, np.float32)
        self.W1, self.W2 = (draw.matrix(D, D, 2 * D) for _ in range(2))
        self.S, self.w, self.b = draw.matrix(D, D, D), draw.matrix(1, D, D), draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        scores = [mg.tanh(child.h @ self.S.T) @ self.w.T for child in (left, right)]
        a = mg.softmax(mg.concat(scores, axis=1))
        return mg.tanh(a[:, :1] * (left.h @ self.W1.T) + a[:, 1:] * (right.h @ self.W2.T) + self.b)
