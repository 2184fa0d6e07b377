"""Activation functions by name: those of the authors' code, and all others of minigrad's."""

from __future__ import annotations

from collections.abc import Callable

import minigrad as mg
from minigrad.ops.formula import ACTIVATIONS
from models.errors import one_of


def activation(name: str) -> Callable[[mg.Tensor], mg.Tensor]:
    """Return the activation called `name`; ValueError with all names if there is none."""
    return ACTIVATIONS[one_of("an activation", name, ACTIVATIONS)]
