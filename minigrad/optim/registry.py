"""Optimisers by name, for options such as ``--optimizer rmsprop``."""

from __future__ import annotations

from typing import Any

from minigrad.optim.adadelta import AdaDelta
from minigrad.optim.adagrad import AdaGrad
from minigrad.optim.adam import Adam
from minigrad.optim.adamw import AdamW
from minigrad.optim.optimizer import Optimizer, Parameters
from minigrad.optim.rmsprop import RMSProp
from minigrad.optim.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__.lower(): kind for kind in (SGD, AdaGrad, RMSProp, AdaDelta, Adam, AdamW)
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
    return OPTIMIZERS[name](parameters, **options)
