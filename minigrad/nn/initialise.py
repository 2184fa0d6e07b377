"""Starting a module's parameters anew, by patterns of their names."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from minigrad.context import no_grad
from minigrad.nn.init import initial
from minigrad.nn.module import Module

Init = str | tuple[str, Mapping[str, Any]]


def initialise(module: Module, inits: Mapping[str, Init], rng: np.random.Generator) -> None:
    """Overwrite the parameters whose dotted names match a pattern; the others stay as they are.

    ``initialise(cell, {"W*": ("spectral", {"norm": 1.2}), "bf": ("constant", {"value": 1.0})}, rng)``:
    recurrent matrices of one spectral norm, forget gates that start open.

    Parameters
    ----------
    module : Module
    inits : {pattern: name of an init, or (name, options)}
        Patterns as file names have them (``*``, ``?``, ``[ab]``). Where several match, the first counts.
    rng : numpy.random.Generator
        Drawn from in the order of the parameters.

    Raises
    ------
    ValueError
        If a pattern matches no parameter, or an init does not suit what it matches. Nothing is changed.
    """
    parameters = dict(module.named_parameters())
    for pattern in inits:
        if not any(fnmatchcase(name, pattern) for name in parameters):
            raise ValueError(f"no parameter is called {pattern!r}; there are {', '.join(parameters)}")
    drawn = {}
    for name, parameter in parameters.items():
        init = next((inits[pattern] for pattern in inits if fnmatchcase(name, pattern)), None)
        if init is not None:
            kind, options = (init, {}) if isinstance(init, str) else init
            drawn[name] = initial(kind, rng, parameter.shape, parameter.dtype, **options)
    with no_grad():
        for name, values in drawn.items():
            parameters[name].copy_(values)
