"""AdaDelta: steps in the units of the weights, without a learning rate to choose."""

from __future__ import annotations

from typing import ClassVar

from minigrad.kernels.updates import ADADELTA
from minigrad.optim.optimizer import Group, Optimizer


class AdaDelta(Optimizer):
    """s = ρ s + (1 − ρ) g²;  Δ = √(u + ε) / √(s + ε) g;  u = ρ u + (1 − ρ) Δ²;  w −= η Δ   (Zeiler 2012)

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`. η is 1 in the paper.
    rho : float
        ρ in [0, 1): how much of the averages stays.
    eps : float
        ε, inside the roots; it sets the size of the first steps.
    """

    slots = ("s", "u")
    defaults: ClassVar = {"lr": 1.0, "rho": 0.9, "eps": 1e-6}

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return ADADELTA, (group["eps"], group["rho"])
