"""One run: train a model to predict the verb's number, and measure it before and after."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import models
from experiments.studies.agreement import grammar, measures
from experiments.studies.agreement.settings import Settings
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy
from experiments.training.fingerprint import data_hash
from experiments.training.monitoring import quiet_monitor
from experiments.training.ratios import error_rows
from experiments.training.recorded import record_result, recorded_fit, summary
from minigrad.nn import initialise
from minigrad.optim import by_name, clip_grad_norm


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be gone on from.
    """
    model, mode = new_model(settings), settings["mode"]
    train, dev, test = datasets(settings)
    sha256 = data_hash(train, dev, test)
    if model.cell.right_parts is not None:
        train, dev, test = (models.as_chains(forest) for forest in (train, dev, test))

    def measure(epoch: int) -> dict[str, Any]:
        farthest = dev.select(grammar.distances(dev) == max(settings["distances"]))
        (ratio,) = measures.by_distance(model, farthest, mode)["ratio"]
        before = {"by_distance": measures.by_distance(model, test, mode)} if epoch == 0 else {}
        return {"ratio": ratio, **before}

    epochs = recorded_fit(
        recorder,
        model,
        by_name(settings["optimizer"], model.parameters(), lr=settings["lr"]),
        train,
        dev,
        batch_size=settings["batch"],
        rng=np.random.default_rng(settings["seeds"]["order"]),
        max_epochs=settings["max_epochs"],
        patience=settings["max_epochs"],
        nodes=error_rows(model.cell, grammar.subject_rows),
        measure=measure,
        epoch_0=True,
        monitor=quiet_monitor(),
        clip=partial(clip_grad_norm, max_norm=settings["clip"]),
        mode=mode,
    )
    record_result(
        recorder,
        model,
        {
            "test_accuracy": accuracy(model, test, mode=mode),
            **summary(epochs),
            "by_distance": {
                **measures.by_distance(model, test, mode),
                "most_nouns": measures.most_nouns(test),
            },
            "by_attractors": measures.by_attractors(model, test, mode),
            "depth": mean_depth(model, test),
            "data_hash": sha256,
        },
    )


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model as it is before training: the same one for the same settings."""
    rng = np.random.default_rng(settings["seeds"]["model"])
    cell = models.cell(settings["cell"])(settings["D"], rng)
    model = models.TreeClassifier(cell, grammar.VOCABULARY, len(grammar.NUMBERS), rng)
    initialise(model, {"L": ("uniform", {"bound": settings["words"]})}, rng)
    return model


def datasets(settings: Settings) -> tuple[models.Forest, models.Forest, models.Forest]:
    """Return train, dev and test as trees, each with equally many sentences of every distance."""
    distances = np.asarray(settings["distances"])
    sizes = settings["sizes"] | {"test": settings["sizes"]["test"] * len(distances)}
    train, dev, test = (
        grammar.sentences(
            np.random.default_rng([*settings["seeds"]["data"], part]),
            distances[np.arange(sizes[name]) % len(distances)],
            settings["shape"],
        )
        for part, name in enumerate(("train", "dev", "test"))
    )
    return train, dev, test


def mean_depth(model: models.TreeClassifier, forest: models.Forest) -> float:
    """Return over how many compositions, on average, the gradient reaches the subject."""
    return float(forest.depth[error_rows(model.cell, grammar.subject_rows)(forest)].mean())
