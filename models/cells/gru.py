"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.draw import Draw
from models.errors import one_of

RESETS = ("before", "after")


class GRU(mg.Cell):
    """The gated recurrent unit (Cho et al. 2014), over a chain.

    ::

        u_t = σ(Wu h_{t−1} + Uu x_t + bu)
        r_t = σ(Wr h_{t−1} + Ur x_t + br)
        ĥ_t = tanh(Wh (r_t ⊙ h_{t−1}) + Uh x_t + bh)
        h_t = (1 − u_t) ⊙ h_{t−1} + u_t ⊙ ĥ_t

    The update gate u is the share that is *new*; elsewhere (Cho et al., PyTorch) z = 1 − u is the share kept.

    Parameters
    ----------
    D : int
        Width of the state.
    rng : numpy.random.Generator
        Draws the matrices from U(±1/√(D + E)); biases start at 0.
    dtype
        float32, or float64 for checks.
    E : int, optional
        Width of the words; D unless given.
    reset : "before" or "after"
        Whether the reset gate is applied before the product, as above, or after it, as in cuDNN and PyTorch,
        which adds a bias: ĥ_t = tanh(r_t ⊙ (Wh h_{t−1} + bn) + Uh x_t + bh).

    Notes
    -----
    All W: (D, D), all U: (D, E), all b: (D,). One state part, ``h``, with h_0 = 0; see `models.as_chains`.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        dtype: Any = np.float32,
        E: int | None = None,
        reset: str = "before",
    ) -> None:
        E = D if E is None else E
        self.settings = {"D": D, "E": E, "reset": reset}
        self.parts = (mg.Part("h", D, leaf="zero"),)
        self.right_parts = (mg.Part("x", E),)
        self.reset = one_of("reset", reset, RESETS)
        draw = Draw(rng, dtype)
        self.Wu, self.Wr, self.Wh = (draw.matrix(D, D, D + E) for _ in range(3))
        self.Uu, self.Ur, self.Uh = (draw.matrix(D, E, D + E) for _ in range(3))
        self.bu, self.br, self.bh = (draw.bias(D) for _ in range(3))
        if reset == "after":
            self.bn = draw.bias(D)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return h_t, (rows, D)."""
        h, x = left.h, right.x
        u = mg.sigmoid(h @ self.Wu.T + x @ self.Uu.T + self.bu)
        r = mg.sigmoid(h @ self.Wr.T + x @ self.Ur.T + self.br)
        before = self.reset == "before"
        past = (r * h) @ self.Wh.T if before else r * (h @ self.Wh.T + self.bn)
        return (1 - u) * h + u * mg.tanh(past + x @ self.Uh.T + self.bh)
