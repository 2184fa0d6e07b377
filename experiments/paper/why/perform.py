"""One run of the grid: train, and keep with every epoch how long word vectors and matrices are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.paper.data import CLASSES, KEYWORDS
from experiments.paper.datasets import datasets
from experiments.paper.model import new_model, new_optimizer
from experiments.paper.run import train
from experiments.paper.settings import Settings
from experiments.sweep import Recorder
from experiments.training.loop import TrainingError
from experiments.training.recorded import record_result, summary

DIGITS = 4


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or continue it from its checkpoint; its result tells of dev only, never of test.

    A run whose loss becomes NaN or inf ends with the result of a run that has learned nothing, and says so.

    Raises
    ------
    StateError
        If there is a checkpoint that can't be resumed.
    """
    model, sets = new_model(settings), datasets(settings)
    rng = np.random.default_rng([*settings.seeds["order"], 0])
    result: dict[str, Any] = {}
    try:
        epochs = train(
            settings,
            recorder,
            model,
            new_optimizer(model, settings),
            sets,
            None,
            rng=rng,
            measure=lambda epoch: {"norms": norms(model)},
        )
        result = summary(epochs)
    except TrainingError as error:
        result = {"dev_accuracy": 1 / CLASSES, "diverged": str(error)}
    record_result(recorder, model, {**result, "data_hash": sets.hash})


def norms(model: models.TreeClassifier) -> dict[str, float]:
    """Return Euclidean norms: the median keyword's and other word's vector, all of cell and of classifier."""
    words = np.linalg.norm(model.L.data, axis=1)
    found = {
        "keywords": np.median(words[:KEYWORDS]),
        "others": np.median(words[KEYWORDS:]),
        "cell": norm_of(model.cell.parameters()),
        "classifier": norm_of([model.Ws, model.bs]),
    }
    return {name: float(f"{value:.{DIGITS}g}") for name, value in found.items()}


def norm_of(parameters: Iterable[mg.Tensor]) -> float:
    """Return the Euclidean norm of all elements of some parameters together."""
    return float(np.sqrt(sum(np.square(parameter.data).sum() for parameter in parameters)))
