"""AdaGrad: a step size for every element, from the gradients it has had."""

from __future__ import annotations

from typing import ClassVar

from minigrad.kernels.updates import ADAGRAD
from minigrad.optim.optimizer import Group, Optimizer


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
    defaults: ClassVar = {"lr": 0.05, "eps": 1e-10, "first_step": "adagrad"}

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        if group["first_step"] not in ("adagrad", "sgd"):
            raise ValueError(f"first_step is 'adagrad' or 'sgd', not {group['first_step']!r}")
        return ADAGRAD, (group["eps"], group["first_step"] == "sgd")
