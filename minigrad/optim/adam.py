"""Adam: momentum over RMSProp, both corrected for having started at 0."""

from __future__ import annotations

from typing import ClassVar

from minigrad.kernels.updates import ADAM
from minigrad.optim.optimizer import Group, Optimizer


class Adam(Optimizer):
    """m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²;  w −= η m̂ / (√v̂ + ε)   (Kingma & Ba 2015, algorithm 1)

    with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ); t counts the steps of the array, or of the row of a table.

    Parameters
    ----------
    parameters, lr, l2, l1
        As in `Optimizer`.
    betas : (float, float)
        β₁, β₂ in [0, 1): how much of the averages stays.
    eps : float
        ε, added outside the root.
    """

    slots = ("m", "v")
    counted = True
    defaults: ClassVar = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        return ADAM, (group["eps"], *group["betas"])
