"""The activation functions that the authors' code offers."""

from __future__ import annotations

from collections.abc import Callable

import minigrad as mg

ACTIVATIONS: dict[str, Callable[[mg.Tensor], mg.Tensor]] = {
    "tanh": mg.tanh,
    "sigmoid": mg.sigmoid,
    "relu": mg.relu,
    "softsign": mg.softsign,
}


def activation(name: str) -> Callable[[mg.Tensor], mg.Tensor]:
    """Return the activation called `name`; ValueError, with the names there are, if there is none."""
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; choose one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
