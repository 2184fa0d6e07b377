"""Exercise 4. A wrong vjp.

One of these three operations has a wrong derivative. Find it with `mg.gradcheck`, for instance:

    import numpy as np
    import minigrad as mg
    from minigrad.exercises.wrong_vjp import square
    print(mg.gradcheck(square, [np.array([0.5, -1.0, 2.0])]))

Then write the right maker of its vjp. y is the result, g its cotangent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.checks import gradcheck
from minigrad.exercises import NotYetError, filled
from minigrad.primitive import primitive


@primitive()
def square(x: np.ndarray) -> Any:
    """x²

    shapes: any
    vjp: 2 g ⊙ x
    """
    return x * x


@primitive()
def softplus(x: np.ndarray) -> Any:
    """log(1 + eˣ)

    shapes: any
    vjp: g / (1 + e⁻ˣ)
    """
    return np.log(1 + np.exp(x))


@primitive()
def normalise(x: np.ndarray) -> Any:
    """x / ‖x‖

    shapes: (n,)
    vjp: (g − y) / ‖x‖
    """
    return x / np.sqrt((x * x).sum())


square.defvjp(lambda y, x: lambda g: 2 * g * x)
softplus.defvjp(lambda y, x: lambda g: g / (1 + np.exp(-x)))
normalise.defvjp(lambda y, x: lambda g: (g - y) / np.sqrt((x * x).sum()))


def answer() -> Any:
    """Return the wrong operation and a right maker, as in ``square, lambda y, x: lambda g: 2 * g * x``."""
    return ...


def check() -> None:
    """Check that the operation is wrong as it stands, and right with the new maker."""
    yours = filled(answer(), "answer")
    if type(yours) is not tuple or len(yours) != 2:
        raise NotYetError("`answer` returns an operation and a maker, separated by a comma")
    wrong, maker = yours
    x = np.array([0.5, -1.0, 2.0])
    if gradcheck(wrong, [x]):
        raise NotYetError(f"{wrong.operation.name} is right: gradcheck finds nothing; look at the others")
    wrong.defvjp(maker)
    report = gradcheck(wrong, [x])
    if not report:
        raise NotYetError(f"{wrong.operation.name} it is, but the new vjp is wrong, too:\n{report}")
