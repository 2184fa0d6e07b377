"""The recursive LSTM of Le & Zuidema."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.activations import activation
from models.cells.draw import Draw
from models.cells.leaf_weights import vector, weight


class RLSTM(mg.Cell):
    """The recursive long short term memory (Le & Zuidema 2016, section 2; 2015).

    ::

        i1 = σ(Wi1 x + Wi2 y + Wci1 cx + Wci2 cy + bi)
        i2 = σ(Wi1 y + Wi2 x + Wci1 cy + Wci2 cx + bi)
        f1 = σ(Wf1 x + Wf2 y + Wcf1 cx + Wcf2 cy + bf)
        f2 = σ(Wf1 y + Wf2 x + Wcf1 cy + Wcf2 cx + bf)
        cp = f1 ⊙ cx + f2 ⊙ cy + g(Wc1 x ⊙ i1 + Wc2 y ⊙ i2 + bc)
        o  = σ(Wo1 x + Wo2 y + Wco cp + bo)
        p  = o ⊙ g(cp)

    Parameters
    ----------
    D : int
        Width of words, phrases and memory.
    rng : numpy.random.Generator
        Draws Wc1 and Wc2 from U(±1/√(3D)) and the gates' matrices from U(±1/√(5D)), as the authors' code
        does; biases start at 0.
    g : str
        "tanh", "sigmoid", "relu", "softsign" or another of `ACTIVATIONS`.
    dtype
        float32, or float64 for checks.
    leaf_weights : "shared" or "separate"
        With "separate", as in the authors' code, leaves have matrices of their own: Wi1 is a pair,
        ``Wi1.inner`` and ``Wi1.leaf``, and so are all matrices that x and y are multiplied by.

    Notes
    -----
    All W: (D, D), all b: (D,). Two state parts: ``h``, at a leaf its word vector, and the memory ``c``, at a
    leaf 0. i1 and i2 share their matrices with the roles of x and y swapped; so do f1 and f2.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        g: str = "tanh",
        dtype: Any = np.float32,
        leaf_weights: str = "shared",
    ) -> None:
        self.settings = {"D": D, "g": g, "leaf_weights": leaf_weights}
        self.parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))
        self.g = activation(g)
        self.leaf_weights = leaf_weights

        draw, gate = Draw(rng, dtype), 5 * D
        self.Wi1, self.Wi2 = (weight(draw, D, gate, leaf_weights) for _ in range(2))
        self.Wci1, self.Wci2 = (draw.matrix(D, D, gate) for _ in range(2))
        self.Wf1, self.Wf2 = (weight(draw, D, gate, leaf_weights) for _ in range(2))
        self.Wcf1, self.Wcf2 = (draw.matrix(D, D, gate) for _ in range(2))
        self.Wc1, self.Wc2 = (weight(draw, D, 3 * D, leaf_weights) for _ in range(2))
        self.Wo1, self.Wo2 = (weight(draw, D, gate, leaf_weights) for _ in range(2))
        self.Wco = draw.matrix(D, D, gate)
        self.bi, self.bf, self.bc, self.bo = (draw.bias(D) for _ in range(4))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": p, "c": cp}, each (rows, D)."""
        x, cx = vector(left, self.leaf_weights), left.c
        y, cy = vector(right, self.leaf_weights), right.c
        σ, g = mg.sigmoid, self.g
        Wi1, Wi2, Wci1, Wci2 = self.Wi1.T, self.Wi2.T, self.Wci1.T, self.Wci2.T
        Wf1, Wf2, Wcf1, Wcf2 = self.Wf1.T, self.Wf2.T, self.Wcf1.T, self.Wcf2.T

        i1 = σ(x @ Wi1 + y @ Wi2 + cx @ Wci1 + cy @ Wci2 + self.bi)
        i2 = σ(y @ Wi1 + x @ Wi2 + cy @ Wci1 + cx @ Wci2 + self.bi)
        f1 = σ(x @ Wf1 + y @ Wf2 + cx @ Wcf1 + cy @ Wcf2 + self.bf)
        f2 = σ(y @ Wf1 + x @ Wf2 + cy @ Wcf1 + cx @ Wcf2 + self.bf)
        cp = f1 * cx + f2 * cy + g((x @ self.Wc1.T) * i1 + (y @ self.Wc2.T) * i2 + self.bc)
        o = σ(x @ self.Wo1.T + y @ self.Wo2.T + cp @ self.Wco.T + self.bo)
        return {"h": o * g(cp), "c": cp}
