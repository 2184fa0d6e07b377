"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from minigrad.kernels.updates import MOMENTUM, NESTEROV
from minigrad.kernels.updates import SGD as PLAIN
from minigrad.optim.leaves import listed
from minigrad.optim.optimizer import Group, Optimizer, Parameters


class SGD(Optimizer):
    """w −= η g;  with momentum  v = μ v + g,  w −= η v  or, Nesterov,  w −= η (g + μ v)

    Momentum: Polyak (1964); Nesterov's as Sutskever et al. (2013) rewrote it, at the point that is looked
    ahead to. v as in PyTorch: without the factor η, so that a learning rate may change on the way.

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`.
    momentum : float
        μ in [0, 1).
    nesterov : bool
    """

    defaults: ClassVar = {"lr": 0.01, "momentum": 0.0, "nesterov": False}

    def __init__(self, parameters: Parameters, lr: float | None = None, **settings: Any) -> None:
        entries: list[Any] = listed(parameters, "an optimiser")
        groups = [settings, *(entry for entry in entries if isinstance(entry, Mapping))]
        if any(group.get("momentum") for group in groups):
            self.slots = ("v",)
        super().__init__(entries, lr, **settings)

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        if not group["momentum"]:
            if group["nesterov"]:
                raise ValueError("Nesterov's momentum needs one: give momentum, for instance 0.9")
            return PLAIN, ()
        if not self.slots:
            raise ValueError("this SGD was made without momentum and keeps none; make a new one")
        return NESTEROV if group["nesterov"] else MOMENTUM, (0.0, group["momentum"])
