"""One run: train a cell on a dataset, and tell where it is right on test."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.studies.enough import Enough
from experiments.studies.tasks.generate import sentences
from experiments.studies.tasks.sentences import Sentences
from experiments.studies.tasks.settings import Settings
from experiments.studies.tasks.words import CLASSES, KEYWORDS, VOCABULARY, among
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy, hits
from experiments.training.fingerprint import data_hash
from experiments.training.monitoring import quiet_monitor
from experiments.training.recorded import record_result, recorded_fit, summary
from minigrad.nn import initialise


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be gone on from.
    """
    sets = sentences(settings)
    model = new_model(settings)
    dev = sets["dev"].forest
    scores: list[float] = []

    def score(model: models.TreeClassifier) -> float:
        scores.append(accuracy(model, dev, mode=settings["mode"]))
        return scores[-1]

    epochs = recorded_fit(
        recorder,
        model,
        mg.optim.by_name(settings["optimizer"], model.parameters(), lr=settings["lr"]),
        sets["train"].forest,
        dev,
        batch_size=settings["batch"],
        rng=np.random.default_rng([*settings["seeds"]["order"], 0]),
        max_epochs=settings["max_epochs"],
        patience=settings["patience"],
        monitor=quiet_monitor(),
        nodes=keyword_rows,
        watchers=[Enough(lambda: scores[-1] >= settings["enough"])],
        score=score,
        mode=settings["mode"],
    )
    test = sets["test"]
    right = hits(model, test.forest, mode=settings["mode"])
    record_result(
        recorder,
        model,
        {
            "test_accuracy": float(right.mean()),
            **summary(epochs),
            "blind": float(test.blind.mean()),
            "by_count": by_group(test, test.count, right),
            "by_depth": by_group(test, test.depth, right),
            "data_hash": data_hash(*(part.forest for part in sets.values())),
        },
    )


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model as it is before training: the same one for the same settings."""
    rng = np.random.default_rng([*settings["seeds"]["model"], 0])
    cell = models.cell(settings["cell"])(settings["D"], rng)
    model = models.TreeClassifier(cell, VOCABULARY, CLASSES, rng)
    initialise(model, {"L": ("uniform", {"bound": settings["word_bound"]})}, rng)
    return model


def keyword_rows(forest: models.Forest) -> np.ndarray:
    """Return the rows of all keywords, those to be ignored included: where the monitor looks."""
    return np.flatnonzero(among(forest.word, KEYWORDS))


def by_group(test: Sentences, group: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Return how many sentences of each group there are, and how many are right.

    Parameters
    ----------
    test : Sentences
    group : (sentences,) array of int
    right : (sentences,) array of bool

    Returns
    -------
    dict of lists
        "value": the groups that there are, ascending; "n", "right": sentences; "blind": how many would be
        right on average without order and tree.
    """
    values, place = np.unique(group, return_inverse=True)
    return {
        "value": values.tolist(),
        "n": np.bincount(place).tolist(),
        "right": np.bincount(place, right).astype(int).tolist(),
        "blind": np.bincount(place, test.blind).tolist(),
    }
