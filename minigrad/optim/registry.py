"""Optimisers by name, for options such as ``--optimizer rmsprop``."""

from __future__ import annotations

import inspect
from typing import Any

from minigrad.optim.adadelta import AdaDelta
from minigrad.optim.adagrad import AdaGrad
from minigrad.optim.adam import Adam
from minigrad.optim.optimizer import Optimizer, Parameters
from minigrad.optim.rmsprop import RMSProp
from minigrad.optim.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adadelta": AdaDelta,
    "adam": Adam,
}


def by_name(name: str, parameters: Parameters, **options: Any) -> Optimizer:
    """Return the optimiser of that name, one of `OPTIMIZERS`, over parameters or groups.

    ``by_name("sgd", model.parameters(), lr=0.1, momentum=0.9, nesterov=True)``

    Raises
    ------
    ValueError
        If there is no such optimiser, it has no such option, or the parameters or options do not suit it.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"there is no optimiser {name!r}; choose one of {', '.join(OPTIMIZERS)}")
    known = list(inspect.signature(OPTIMIZERS[name]).parameters)[1:]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ValueError(f"{name} has no option {', '.join(unknown)}; it has {', '.join(known)}")
    make: Any = OPTIMIZERS[name]
    made: Optimizer = make(parameters, **options)
    return made
