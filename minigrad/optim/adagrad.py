"""AdaGrad: a step size for every element, from the gradients it has had."""

from __future__ import annotations

from minigrad.kernels.updates import ADAGRAD
from minigrad.optim.optimizer import Group, Optimizer, Parameters


class AdaGrad(Optimizer):
    """G += g²;  w −= η g / (√G + ε)   (Duchi et al. 2011)

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`.
    eps : float
        ε, added outside the root.
    first_step : "adagrad" or "sgd"
        With "sgd" the first update of each array, and of each row of a table, is −η g, as in the code of
        Le & Zuidema (2016).
    """

    slots = ("G",)
    counted = True

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 0.05,
        eps: float = 1e-10,
        l2: float = 0.0,
        first_step: str = "adagrad",
        l1: float = 0.0,
    ) -> None:
        if first_step not in ("adagrad", "sgd"):
            raise ValueError(f"first_step is 'adagrad' or 'sgd', not {first_step!r}")
        self.first_step = first_step
        super().__init__(parameters, lr=lr, eps=eps, l2=l2, l1=l1)

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return ADAGRAD, (group["eps"], self.first_step == "sgd")
