"""One run: train a cell on a dataset, and tell where it is right on test."""

from __future__ import annotations

from typing import Any

import numpy as np

import models
from experiments.studies.exam import Enough
from experiments.studies.fit import classifier, train
from experiments.studies.tasks.generate import sentences
from experiments.studies.tasks.sentences import Sentences
from experiments.studies.tasks.settings import Settings
from experiments.studies.tasks.words import CLASSES, KEYWORDS, VOCABULARY, among
from experiments.sweep import Recorder
from experiments.training import recorded
from experiments.training.evaluation import hits
from experiments.training.fingerprint import data_hash


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    sets = training, dev, test = sentences(settings)
    model = new_model(settings)
    epochs = train(
        recorder,
        settings,
        model,
        training.forest,
        dev.forest,
        epochs=settings.max_epochs,
        patience=settings.patience,
        rng=np.random.default_rng([*settings.seeds["order"], 0]),
        nodes=keyword_rows,
        watchers=[Enough(lambda epoch: epoch.dev_accuracy >= settings.enough)],
    )
    right = hits(model, test.forest, mode=settings.mode)
    result = {
        "test_accuracy": float(right.mean()),
        **recorded.summary(epochs),
        "blind": float(test.blind.mean()),
        "by_count": by_group(test, test.count, right),
        "by_depth": by_group(test, test.depth, right),
        "data_hash": data_hash(*(part.forest for part in sets)),
    }
    recorded.record_result(recorder, model, result)


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model as it is before training: the same one for the same settings."""
    rng = np.random.default_rng([*settings.seeds["model"], 0])
    cell = models.cell(settings.cell)(settings.D, rng)
    return classifier(rng, cell, VOCABULARY, CLASSES, settings.word_bound)


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
