"""The binary Tree-LSTM of Tai et al."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import FORGET_BIAS, Draw
from models.errors import one_of

LEAVES = ("cell", "vector")


class TreeLSTM(mg.Cell):
    """The N-ary Tree-LSTM with N = 2 (Tai et al. 2015, section 3.2, equations 9 to 14).

    ::

        i  = σ(Ui1 x + Ui2 y + bi)
        f1 = σ(Uf11 x + Uf12 y + bf)        f2 = σ(Uf21 x + Uf22 y + bf)
        o  = σ(Uo1 x + Uo2 y + bo)
        u  = tanh(Uu1 x + Uu2 y + bu)
        c  = i ⊙ u + f1 ⊙ cx + f2 ⊙ cy
        p  = o ⊙ tanh(c)

    where x, cx and y, cy are the children's hidden vectors and memories. In a constituency tree only leaves
    have an input, and they have no children: the same equations with the word w are ::

        i = σ(Wi w + bi)     o = σ(Wo w + bo)     u = tanh(Wu w + bu)     c = i ⊙ u     x = o ⊙ tanh(c)

    Parameters
    ----------
    D : int
        Width of words, phrases and memory.
    rng : numpy.random.Generator
        Draws the U from U(±1/√(2D)) and the W from U(±1/√D).
    dtype
        float32, or float64 for checks.
    forget_bias : float
        The initial value of bf; the other biases start at 0.
    leaves : "cell" or "vector"
        What a parent reads from a leaf: its word put through the cell, as above, or, as with `RLSTM`, the
        word's vector itself and a memory of 0.

    Notes
    -----
    All U and W: (D, D), all b: (D,). Two state parts: ``h``, at a leaf its word vector (which its parent
    puts through the equations for leaves), and the memory ``c``. The state of a tree of one leaf is its word
    vector.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        dtype: Any = np.float32,
        forget_bias: float = FORGET_BIAS,
        leaves: str = "cell",
    ) -> None:
        self.settings = {"D": D, "forget_bias": forget_bias, "leaves": leaves}
        self.parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))
        self.leaves = one_of("leaves", leaves, LEAVES)
        draw = Draw(rng, dtype)
        self.Ui1, self.Ui2, self.Uo1, self.Uo2, self.Uu1, self.Uu2 = (
            draw.matrix(D, D, 2 * D) for _ in range(6)
        )
        self.Uf11, self.Uf12, self.Uf21, self.Uf22 = (draw.matrix(D, D, 2 * D) for _ in range(4))
        self.bi, self.bo, self.bu = (draw.bias(D) for _ in range(3))
        self.bf = draw.bias(D, forget_bias)
        if leaves == "cell":
            self.Wi, self.Wo, self.Wu = (draw.matrix(D, D, D) for _ in range(3))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": p, "c": c}, each (rows, D)."""
        (x, cx), (y, cy) = self._read(left), self._read(right)
        i = mg.sigmoid(x @ self.Ui1.T + y @ self.Ui2.T + self.bi)
        f1 = mg.sigmoid(x @ self.Uf11.T + y @ self.Uf12.T + self.bf)
        f2 = mg.sigmoid(x @ self.Uf21.T + y @ self.Uf22.T + self.bf)
        o = mg.sigmoid(x @ self.Uo1.T + y @ self.Uo2.T + self.bo)
        u = mg.tanh(x @ self.Uu1.T + y @ self.Uu2.T + self.bu)
        c = i * u + f1 * cx + f2 * cy
        return {"h": o * mg.tanh(c), "c": c}

    def _read(self, child: mg.Child) -> tuple[mg.Tensor, mg.Tensor]:
        """Return a child's hidden vector and memory; a leaf's are computed from its word here."""
        if self.leaves == "vector":
            return child.h, child.c
        w = mg.where(child.is_leaf, child.h, 0.0)
        i = mg.sigmoid(w @ self.Wi.T + self.bi)
        o = mg.sigmoid(w @ self.Wo.T + self.bo)
        c = i * mg.tanh(w @ self.Wu.T + self.bu)
        return mg.where(child.is_leaf, o * mg.tanh(c), child.h), mg.where(child.is_leaf, c, child.c)
