"""Exercise 1. The chain rule.

J = log(1 + e^(x²)) is computed in steps: u = x², v = 1 + eᵘ, J = log v. Each has a simple derivative:
du/dx, dv/du and dJ/dv. Write dJ/dx with their help.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.exercises import NotYetError, filled


def derivative(x: float, u: float, v: float) -> Any:
    """Return dJ/dx at x, where u and v have been computed."""
    return ...


def check() -> None:
    """Compare with a central difference."""
    h = 1e-5
    for x in (2.0, -1.0, 0.5):
        u = x * x
        yours = filled(derivative(x, u, 1 + np.exp(u)), "derivative")
        slope = (np.log(1 + np.exp((x + h) ** 2)) - np.log(1 + np.exp((x - h) ** 2))) / (2 * h)
        if not abs(yours - slope) < 1e-6 * abs(slope):
            raise NotYetError(
                f"at x = {x} you give {yours:.6g}, but (J(x + h) − J(x − h)) / 2h is {slope:.6g}; "
                "is the answer the product of all three derivatives, dJ/dv · dv/du · du/dx?"
            )
