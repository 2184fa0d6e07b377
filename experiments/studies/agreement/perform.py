"""One run: train a model to predict the verb's number, and measure it before and after."""

from __future__ import annotations

from typing import Any

import numpy as np

import models
from experiments.studies.agreement import grammar, measures
from experiments.studies.agreement.settings import Settings
from experiments.studies.fit import classifier, parts, train
from experiments.sweep import Recorder
from experiments.training import recorded
from experiments.training.evaluation import accuracy
from experiments.training.fingerprint import data_hash
from experiments.training.ratios import error_rows


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model, mode = new_model(settings), settings.mode
    sets = datasets(settings)
    sha256 = data_hash(*sets)
    if model.cell.right_parts is not None:
        sets = tuple(map(models.as_chains, sets))
    training, dev, test = sets
    farthest = dev.select(grammar.distances(dev) == max(settings.distances))

    def measure(epoch: int) -> dict[str, Any]:
        (ratio,) = measures.by_distance(model, farthest, mode)["ratio"]
        return {"ratio": ratio} | ({} if epoch else {"by_distance": measures.by_distance(model, test, mode)})

    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.max_epochs,
        clip=settings.clip,
        nodes=error_rows(model.cell, grammar.subject_rows),
        measure=measure,
        epoch_0=True,
    )
    result = {
        "test_accuracy": accuracy(model, test, mode=mode),
        **recorded.summary(epochs),
        "by_distance": measures.by_distance(model, test, mode) | {"most_nouns": measures.most_nouns(test)},
        "by_attractors": measures.by_attractors(model, test, mode),
        "depth": mean_depth(model, test),
        "data_hash": sha256,
    }
    recorded.record_result(recorder, model, result)


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model as it is before training: the same one for the same settings."""
    rng = np.random.default_rng(settings.seeds["model"])
    cell = models.cell(settings.cell)(settings.D, rng)
    return classifier(rng, cell, grammar.VOCABULARY, len(grammar.NUMBERS), settings.words)


def datasets(settings: Settings) -> tuple[models.Forest, ...]:
    """Return train, dev and test as trees, each with equally many sentences of every distance."""
    distances = np.asarray(settings.distances)
    sizes = settings.sizes | {"test": settings.sizes["test"] * len(distances)}

    def draw(rng: np.random.Generator, name: str) -> models.Forest:
        each = distances[np.arange(sizes[name]) % len(distances)]
        return grammar.sentences(rng, each, settings.shape)

    return parts(settings.seeds["data"], draw)


def mean_depth(model: models.TreeClassifier, forest: models.Forest) -> float:
    """Return over how many compositions, on average, the gradient reaches the subject."""
    return float(forest.depth[error_rows(model.cell, grammar.subject_rows)(forest)].mean())
