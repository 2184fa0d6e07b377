"""One run: train a model to copy, and examine the best epoch's on test."""

from __future__ import annotations

import models
from experiments.studies.copy.initial import new_model
from experiments.studies.copy.settings import Settings
from experiments.studies.copy.task import guess_loss, sequences
from experiments.studies.exam import Enough, Exam, outcomes
from experiments.studies.fit import parts, train
from experiments.sweep import Recorder
from experiments.training.loop import best_epoch
from experiments.training.recorded import record_result

AT_ONCE = 100  # sequences; more no longer fit the processor's cache


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model, task = new_model(settings), {"delay": settings.delay, "remembered": settings.remembered}
    training, dev, test = parts(
        settings.seeds["data"],
        lambda rng, name: sequences(rng, settings.sizes[name], words=model.vocabulary, **task),
    )

    def examine(model: models.TreeClassifier) -> dict[str, float]:
        loss, recall = loss_and_recall(model, dev, settings.mode)
        return {"dev_loss": loss, "dev_recall": recall}

    exam = Exam(examine)
    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.max_epochs,
        patience=settings.patience,
        clip=settings.clip,
        measure=lambda _: exam.found,
        watchers=[Enough(lambda _: exam.found["dev_recall"] >= settings.enough)],
        score=exam,
    )
    loss, recall = loss_and_recall(model, test, settings.mode)
    result = {
        "test_loss": loss,
        "test_recall": recall,
        "guess_loss": guess_loss(**task, symbols=settings.symbols),
        "best_epoch": best_epoch(epochs).number,
        "epochs": len(epochs),
    }
    record_result(recorder, model, result)


def loss_and_recall(
    model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled"
) -> tuple[float, float]:
    """Return the mean cross-entropy per position, in nats, and the fraction of symbols that are said right.

    Parameters
    ----------
    model : TreeClassifier
    forest : Forest
        From `task.sequences`; its last class is the blank, which doesn't count as a symbol.
    mode : str
        Of the fold.
    """
    blank = model.classes - 1
    total, right, symbols, positions = 0.0, 0, 0, 0
    for start in range(0, len(forest), AT_ONCE):
        part = forest.select(slice(start, start + AT_ONCE))
        losses, hits = outcomes(model, part, mode)
        symbol = model.labels(part) != blank
        total, right = total + float(losses.sum()), right + int(hits[symbol].sum())
        symbols, positions = symbols + int(symbol.sum()), positions + len(losses)
    return total / positions, right / symbols
