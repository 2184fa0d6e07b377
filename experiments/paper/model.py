"""The model of a run and its optimiser, made from its settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.paper.data import CLASSES, VOCABULARY
from experiments.paper.settings import MODELS, Settings
from minigrad.nn import initial

# Bounds of the uniform distribution that a matrix starts from; None: 1/√fan-in, as in the authors' code.
INITS: dict[str, Callable[[tuple[int, ...]], float] | None] = {
    "fan_in": None,
    "glorot": lambda shape: math.sqrt(6 / sum(shape)),
    "uniform_0.1": lambda shape: 0.1,
}


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the untrained model: the same one for the same settings."""
    rng = np.random.default_rng([*settings.seeds["model"], 0])
    kind = models.cell(settings.model)
    options = {}
    if settings.model in MODELS:  # other cells have no such options
        symbol = {"RNN": "f", "RLSTM": "g"}[settings.model]
        options = {symbol: settings.activation, "leaf_weights": settings.leaf_weights}
    cell = kind(settings.D, rng, **options)
    model = models.TreeClassifier(cell, VOCABULARY, CLASSES, rng)
    bound = INITS[settings.init]
    if bound is not None:
        with mg.no_grad():
            for parameter in [*cell.parameters(), model.Ws]:
                if len(parameter.shape) == 2:
                    parameter.copy_(initial("uniform", rng, parameter.shape, bound=bound(parameter.shape)))
    return model


def parameter_groups(model: models.TreeClassifier, settings: Settings) -> list[dict[str, Any]]:
    """Return the parameter groups: cell, word vectors and classifier, each with its own L2."""
    return [
        {"params": model.cell.parameters(), "l2": settings.l2},
        {"params": [model.L], "l2": settings.l2_words},
        {"params": [model.Ws, model.bs], "l2": settings.l2_classifier},
    ]


def new_optimizer(model: models.TreeClassifier, settings: Settings) -> mg.optim.AdaGrad:
    """Return AdaGrad over these groups."""
    return mg.optim.AdaGrad(
        parameter_groups(model, settings),
        lr=settings.lr,
        eps=settings.eps,
        first_step=settings.first_step,
    )
