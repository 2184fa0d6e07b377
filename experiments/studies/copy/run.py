"""One run: train a model to copy, and examine the best epoch's on test."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import models
from experiments.studies.copy.initial import new_model
from experiments.studies.copy.measures import Exam, loss_and_recall
from experiments.studies.copy.task import guess_loss, sequences
from experiments.studies.enough import Enough
from experiments.sweep import Recorder
from experiments.training.loop import best_epoch
from experiments.training.monitoring import quiet_monitor
from experiments.training.recorded import record_result, recorded_fit
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
    sets = _sets(settings, model.vocabulary)
    exam = Exam(sets["dev"], settings["mode"])
    epochs = recorded_fit(
        recorder,
        model,
        by_name(settings["optimizer"], model.parameters(), lr=settings["lr"]),
        sets["train"],
        sets["dev"],
        batch_size=settings["batch"],
        rng=np.random.default_rng(settings["seeds"]["order"]),
        max_epochs=settings["max_epochs"],
        patience=settings["patience"],
        measure=exam.row,
        monitor=quiet_monitor(),
        watchers=[Enough(lambda: exam.recall >= settings["enough"])],
        clip=partial(clip_grad_norm, max_norm=settings["clip"]),
        score=exam,
        mode=settings["mode"],
    )
    loss, recall = loss_and_recall(model, sets["test"], settings["mode"])
    record_result(
        recorder,
        model,
        {
            "test_loss": loss,
            "test_recall": recall,
            "guess_loss": guess_loss(
                settings["delay"], remembered=settings["remembered"], symbols=settings["symbols"]
            ),
            "best_epoch": best_epoch(epochs).number,
            "epochs": len(epochs),
        },
    )


def _sets(settings: dict[str, Any], words: models.Vocabulary) -> dict[str, models.Forest]:
    return {
        name: sequences(
            np.random.default_rng([*settings["seeds"]["data"], k]),
            settings["sizes"][name],
            delay=settings["delay"],
            remembered=settings["remembered"],
            words=words,
        )
        for k, name in enumerate(("train", "dev", "test"))
    }
