"""AdamW: Adam whose weight decay is no part of the gradient."""

from __future__ import annotations

from typing import ClassVar

from minigrad.kernels.updates import ADAM
from minigrad.optim.optimizer import Group, Optimizer


class AdamW(Optimizer):
    """As `Adam`, and all weights decay alike:  w −= η (m̂ / (√v̂ + ε) + λ w)   (Loshchilov & Hutter 2019)

    A penalty in the gradient, as ``l2``, is divided by √v̂ like the rest of it, so that weights with large
    gradients decay less than others. This decay, λ, is decoupled from it. As in PyTorch it is multiplied by
    the learning rate; the paper multiplies it by the schedule's factor alone.

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`; ``l2`` and ``l1`` are parts of the gradient here, too.
    betas : (float, float)
        β₁, β₂ in [0, 1): how much of the averages stays.
    eps : float
        ε, added outside the root.
    weight_decay : float
        λ. Of a table only the rows with a gradient decay.
    """

    slots = ("m", "v")
    counted = True
    defaults: ClassVar = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return ADAM, (group["eps"], *group["betas"], group["weight_decay"])
