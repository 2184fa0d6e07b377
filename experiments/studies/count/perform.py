"""One run: train a model on short strings, and see up to which length it accepts longer ones."""

from __future__ import annotations

import numpy as np

import models
from experiments.studies.count.measures import accepted, reach, trace
from experiments.studies.count.settings import Settings
from experiments.studies.count.task import strings, vocabulary
from experiments.studies.exam import Exam
from experiments.studies.fit import classifier, train
from experiments.sweep import Recorder
from experiments.training.loop import best_epoch
from experiments.training.recorded import record_result


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model, mode = new_model(settings), settings.mode
    rng, lengths = np.random.default_rng(settings.seeds["data"]), range(1, settings.longest + 1)
    # Every length is equally likely; dev has every length once.
    drawn = rng.integers(1, settings.longest + 1, settings.size)
    training, dev = (strings(counts, model.vocabulary) for counts in (drawn, lengths))

    def examine(model: models.TreeClassifier) -> dict[str, float]:
        accepts, loss = accepted(model, lengths, mode)
        return {"dev_loss": loss, "dev_accepted": float(accepts.mean())}

    exam = Exam(examine)
    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.max_epochs,
        clip=settings.clip,
        measure=lambda _: exam.found,
        score=exam,
    )
    accepts, loss = accepted(model, range(1, settings.tested + 1), mode)
    result = {
        "accepted": "".join(str(int(accept)) for accept in accepts),  # n = 1, 2, …
        "reach": reach(accepts.tolist()),
        "test_loss": loss,
        # A list per position; as many digits as tell one float32 from another.
        "trace": [[float(str(value)) for value in state] for state in trace(model, settings.traced, mode)],
        "best_epoch": best_epoch(epochs).number,
        "epochs": len(epochs),
    }
    record_result(recorder, model, result)


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model of a run as it is before training: the same one for the same settings."""
    rng = np.random.default_rng(settings.seeds["model"])
    words = vocabulary(settings.language)
    cell = models.cell(settings.cell)(settings.D, rng)
    return classifier(rng, cell, words, len(words), settings.word_bound, head="labelled")
