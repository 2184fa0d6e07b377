"""RMSProp: AdaGrad that forgets."""

from __future__ import annotations

from minigrad.kernels.updates import RMSPROP
from minigrad.optim.optimizer import Group, Optimizer, Parameters


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

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        l2: float = 0.0,
        l1: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, alpha=alpha, eps=eps, l2=l2, l1=l1)

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return RMSPROP, (group["eps"], group["alpha"])
