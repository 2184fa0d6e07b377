"""Activation functions by name: those that the authors' code offers, and all others that minigrad knows."""

from __future__ import annotations

from collections.abc import Callable

import minigrad as mg
from minigrad.ops.formula import ACTIVATIONS
from models.errors import one_of


def activation(name: str) -> Callable[[mg.Tensor], mg.Tensor]:
    """Return the activation called `name`; ValueError, with the names there are, if there is none."""
    return ACTIVATIONS[one_of("an activation", name, ACTIVATIONS)]
