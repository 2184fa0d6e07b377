"""The runs: their settings, and what each does: learn to copy, and test the best epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from experiments.studies.copy.initial import chrono
from experiments.studies.copy.task import guess_loss, positions, sequences, vocabulary
from experiments.studies.exam import Exam, outcomes
from experiments.studies.fit import CellSettings, classifier, parts, streams, train
from experiments.studies.study import Kinds
from experiments.sweep import Recorder
from experiments.training.recorded import record_result
from experiments.training.watcher import best_epoch
from minigrad.nn import initialise

AT_ONCE = 100  # sequences; more do not fit the processor's cache
CELLS = ("Elman", "LSTM", "GRU")
DELAYS = {"paper": (10, 30, 50, 100), "smoke": (2, 5)}
SCALES: dict[str, dict[str, Any]] = {
    "paper": {
        "remembered": 5, "D": 64, "sizes": {"train": 4_000, "dev": 200, "test": 1_000}, "max_epochs": 20,
    },
    "smoke": {"remembered": 2, "D": 16, "sizes": {"train": 400, "dev": 100, "test": 100}, "max_epochs": 15},
}  # fmt: skip
OF_CELL: dict[str, dict[str, Any]] = {"Elman": {"lr": 0.001}, "LSTM": {"lr": 0.01, "word_bound": 2.0}}


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """The settings of a run.

    Those that do not depend on the scale were chosen in small trials, on sequences that no stored run has:
    for LSTM and GRU at a delay of 100, for Elman networks at 10 and 30.

    Attributes
    ----------
    delay : int
        T.
    symbols, remembered : int
        S and K.
    sizes : dict
        Number of sequences in train, dev and test.
    clip : float
        Largest norm of all gradients together.
    word_bound : float
        Of U(±bound), for the vectors of symbols, blank and sign.
    gate_init, elman_init : str
        See `new_model`.
    patience : int
        Epochs without a lower loss on dev.
    enough : float
        Fraction of dev's symbols said right at which training ends.
    """

    study: str = "copy"
    delay: int
    symbols: int = 2
    remembered: int
    sizes: dict[str, int]
    lr: float = 0.005
    clip: float = 1.0
    word_bound: float = 1.0
    gate_init: str = "chrono"
    elman_init: str = "identity"
    patience: int = 5
    enough: float = 0.999


def grid(scale: str, seed: int, run: int, cells: Sequence[str]) -> Kinds:
    """Yield every cell at every delay; each run has data of its own, the same for all cells."""
    for delay in DELAYS[scale]:
        for cell in cells:
            settings = Settings(
                cell=cell,
                delay=delay,
                run=run,
                seed=seed,
                seeds=streams(seed, 201, delay, run),
                **SCALES[scale],
                **OF_CELL.get(cell, {}),
            )
            nodes = 2 * positions(delay, settings.remembered) + 1
            yield f"{delay:03}/{cell}", settings, settings.sizes["train"] * nodes


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
        enough=lambda epoch: recorder.rows[-1]["dev_recall"] >= settings.enough,
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


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model before training, which the settings determine."""
    rng = np.random.default_rng(settings.seeds["model"])
    words, classes = vocabulary(settings.symbols), settings.symbols + 1
    model = classifier(settings, words, classes, settings.word_bound, rng, head="labelled")
    if isinstance(model.cell, models.Elman):
        initialise(model.cell, {"W": settings.elman_init}, rng)
    elif settings.gate_init == "chrono":
        chrono(model.cell, positions(settings.delay, settings.remembered), rng)
    return model


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
