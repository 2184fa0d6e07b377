"""A cell that the fold compiler's passes were not written for."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad.nn import Parameter, initial


class MGU(mg.Cell):
    """The minimal gated unit (Zhou et al. 2016), with the left child as its state and the right as its input.

    ::

        f = σ(Wf x + Uf y + bf)
        p = (1 − f) ⊙ x + f ⊙ tanh(W (f ⊙ x) + U y + b)

    The product with f ⊙ x stands inside the cell: it is of no child alone.
    """

    def __init__(self, D: int, rng: np.random.Generator) -> None:
        self.parts = (mg.Part("h", D),)

        def weight() -> Parameter:
            return Parameter(initial("fan_in_uniform", rng, (D, D), np.float32, fan_in=2 * D))

        self.Wf, self.Uf, self.W, self.U = weight(), weight(), weight(), weight()
        self.bf = Parameter(initial("zeros", rng, (D,), np.float32))
        self.b = Parameter(initial("zeros", rng, (D,), np.float32))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return p, (rows, D)."""
        x, y = left.h, right.h
        f = mg.sigmoid(x @ self.Wf.T + y @ self.Uf.T + self.bf)
        return (1 - f) * x + f * mg.tanh((f * x) @ self.W.T + y @ self.U.T + self.b)
