"""One run: train a model on short strings, and see up to which length it accepts longer ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import models
from experiments.studies.count.measures import Exam, accepted, reach, trace
from experiments.studies.count.task import strings, vocabulary
from experiments.sweep import Recorder
from experiments.training.loop import best_epoch
from experiments.training.monitoring import quiet_monitor
from experiments.training.recorded import record_result, recorded_fit
from minigrad.nn import initialise
from minigrad.optim import by_name, clip_grad_norm


def perform(settings: dict[str, Any], recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be gone on from.
    """
    model = new_model(settings)
    exam = Exam(settings["longest"], settings["mode"])
    train, dev = _strings(settings, model.vocabulary)
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
        measure=exam.row,
        monitor=quiet_monitor(),
        clip=partial(clip_grad_norm, max_norm=settings["clip"]),
        score=exam,
        mode=settings["mode"],
    )
    accepts, loss = accepted(model, range(1, settings["tested"] + 1), settings["mode"])
    held = trace(model, settings["traced"], settings["mode"])
    record_result(
        recorder,
        model,
        {
            "accepted": "".join(str(int(accept)) for accept in accepts),  # n = 1, 2, …
            "reach": reach(accepts.tolist()),
            "test_loss": loss,
            # A list per position; as many digits as tell one float32 from another.
            "trace": [[float(str(value)) for value in state] for state in held],
            "best_epoch": best_epoch(epochs).number,
            "epochs": len(epochs),
        },
    )


def new_model(settings: dict[str, Any]) -> models.TreeClassifier:
    """Return the model of a run as it is before training: the same one for the same settings."""
    rng = np.random.default_rng(settings["seeds"]["model"])
    words = vocabulary(settings["language"])
    cell = models.cell(settings["cell"])(settings["D"], rng)
    model = models.TreeClassifier(cell, words, len(words), rng, head="labelled")
    initialise(model, {"L": ("uniform", {"bound": settings["word_bound"]})}, rng)
    return model


def _strings(settings: dict[str, Any], words: models.Vocabulary) -> tuple[models.Forest, models.Forest]:
    """Return train, every length equally likely, and dev, every length once."""
    rng = np.random.default_rng(settings["seeds"]["data"])
    drawn = rng.integers(1, settings["longest"] + 1, settings["size"])
    return strings(drawn, words), strings(range(1, settings["longest"] + 1), words)
