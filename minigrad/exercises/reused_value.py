"""Exercise 2. A value that is used twice.

b = a + a uses a twice, and c = b · b uses b twice. `backward` visits the values newest first, and for each of
their operands asks you: what is the operand's gradient, now that one more of its uses is known?
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.exercises import NotYetError, filled
from minigrad.tiny import VJP, Value


def gradient_with(operand: Value, vjp: VJP, g: np.ndarray) -> Any:
    """Return the gradient of `operand`, so far operand.grad, with a use whose result has the gradient g."""
    return ...


def backward(newest_first: list[Value]) -> None:
    """Compute the gradient of the newest value with respect to all others."""
    for value in newest_first:
        value.grad = np.zeros_like(value.data)
    newest_first[0].grad = np.ones_like(newest_first[0].data)
    for value in newest_first:
        for operand, vjp in value.operands:
            operand.grad = filled(gradient_with(operand, vjp, value.grad), "gradient_with")


def check() -> None:
    """Compare with dc/da = 8a, since c = (a + a)² = 4a²."""
    a = Value(3.0)
    b = a + a
    c = b * b
    backward([c, b, a])
    if b.grad != 12 or a.grad != 24:
        raise NotYetError(
            f"for a = 3, b = a + a, c = b · b you get dc/db = {b.grad} and dc/da = {a.grad}, not 12 and 24; "
            "every use contributes vjp(g), and the contributions of all uses add up"
        )
