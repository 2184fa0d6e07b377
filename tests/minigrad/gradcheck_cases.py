"""Makers of inputs and of primitives with a planted error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg

Array = np.ndarray


def numbers(*shape: int) -> Array:
    return np.random.default_rng(0).normal(size=shape)


def primitive(forward: Callable[..., Array], *vjps: Callable[..., Any], **options: Any) -> Any:
    """Make a primitive whose vjps take the cotangent and the operands."""

    def planted(*xs: Array) -> Array:
        """planted

        shapes: any
        vjp: planted
        """
        return forward(*xs)

    op = mg.primitive(**options)(planted)
    op.defvjp(*[lambda ans, *xs, vjp=vjp: lambda g: vjp(g, *xs) for vjp in vjps])
    return op
