"""RMSProp: AdaGrad that forgets."""

from __future__ import annotations

from typing import ClassVar

from minigrad.kernels.updates import RMSPROP
from minigrad.optim.optimizer import Group, Optimizer


class RMSProp(Optimizer):
    """s = α s + (1 − α) g²;  w −= η g / (√s + ε)   (Tieleman & Hinton 2012, lecture 6.5)

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`.
    alpha : float
        α in [0, 1): how much of the average stays.
    eps : float
        ε, added outside the root.
    """

    slots = ("s",)
    defaults: ClassVar = {"lr": 0.01, "alpha": 0.99, "eps": 1e-8}

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return RMSPROP, (group["eps"], group["alpha"])
