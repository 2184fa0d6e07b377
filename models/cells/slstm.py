"""The S-LSTM of Zhu et al."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import FORGET_BIAS, Draw


class SLSTM(mg.Cell):
    """The long short-term memory over recursive structures (Zhu et al. 2015).

    ::

        i  = σ(Wi1 x + Wi2 y + Wci1 cx + Wci2 cy + bi)
        f1 = σ(Wf11 x + Wf12 y + Wcf11 cx + Wcf12 cy + bf1)
        f2 = σ(Wf21 x + Wf22 y + Wcf21 cx + Wcf22 cy + bf2)
        c  = f1 ⊙ cx + f2 ⊙ cy + i ⊙ tanh(Wx1 x + Wx2 y + bx)
        o  = σ(Wo1 x + Wo2 y + Wco c + bo)
        p  = o ⊙ tanh(c)

    where x, cx and y, cy are the children's hidden vectors and memories, left (1) and right (2). Unlike an
    `RLSTM` it has one input gate for both children, and a separate matrix for each gate and side.

    Parameters
    ----------
    D : int
        Width of words, phrases and memory.
    rng : numpy.random.Generator
        Draws the matrices of i, f1, f2 from U(±1/√(4D)), of o from U(±1/√(3D)), Wx from U(±1/√(2D)).
    dtype
        float32, or float64 for checks.
    forget_bias : float
        The initial value of bf1 and bf2; the other biases start at 0.

    Notes
    -----
    All W: (D, D), all b: (D,). Two state parts: ``h``, at a leaf its word vector, and the memory ``c``, at a
    leaf 0.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        dtype: Any = np.float32,
        forget_bias: float = FORGET_BIAS,
    ) -> None:
        self.settings = {"D": D, "forget_bias": forget_bias}
        self.parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))
        draw = Draw(rng, dtype)
        self.Wi1, self.Wi2, self.Wci1, self.Wci2 = (draw.matrix(D, D, 4 * D) for _ in range(4))
        self.Wf11, self.Wf12, self.Wcf11, self.Wcf12 = (draw.matrix(D, D, 4 * D) for _ in range(4))
        self.Wf21, self.Wf22, self.Wcf21, self.Wcf22 = (draw.matrix(D, D, 4 * D) for _ in range(4))
        self.Wx1, self.Wx2 = (draw.matrix(D, D, 2 * D) for _ in range(2))
        self.Wo1, self.Wo2, self.Wco = (draw.matrix(D, D, 3 * D) for _ in range(3))
        self.bi, self.bx, self.bo = (draw.bias(D) for _ in range(3))
        self.bf1, self.bf2 = draw.bias(D, forget_bias), draw.bias(D, forget_bias)

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return {"h": p, "c": c}, each (rows, D)."""
        x, cx, y, cy = left.h, left.c, right.h, right.c
        σ = mg.sigmoid
        i = σ(x @ self.Wi1.T + y @ self.Wi2.T + cx @ self.Wci1.T + cy @ self.Wci2.T + self.bi)
        f1 = σ(x @ self.Wf11.T + y @ self.Wf12.T + cx @ self.Wcf11.T + cy @ self.Wcf12.T + self.bf1)
        f2 = σ(x @ self.Wf21.T + y @ self.Wf22.T + cx @ self.Wcf21.T + cy @ self.Wcf22.T + self.bf2)
        c = f1 * cx + f2 * cy + i * mg.tanh(x @ self.Wx1.T + y @ self.Wx2.T + self.bx)
        o = σ(x @ self.Wo1.T + y @ self.Wo2.T + c @ self.Wco.T + self.bo)
        return {"h": o * mg.tanh(c), "c": c}
