"""One run: train a model on the treebank with its settings, and record what is measured."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.sentiment.accuracies import accuracies
from experiments.sentiment.data import Sets, sets
from experiments.sentiment.gradients import word_ratios
from experiments.sentiment.model import new_model, new_optimizer
from experiments.sentiment.polarity import Polarity, polarity
from experiments.sentiment.settings import Settings
from experiments.sweep import Recorder
from experiments.training.recorded import record_result, recorded_fit, summary
from experiments.training.summaries import by_depth
from experiments.training.watcher import Watcher
from models.cells import is_chain_cell


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or continue it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be resumed, or the files are not those of the settings.
    """
    data = sets(settings, recorder.paths)
    mode = settings.mode
    model = new_model(settings, data)
    if is_chain_cell(model.cell):
        data = data.as_chains()
    # One generator for the order of the trees and for dropout.
    rng = np.random.default_rng(settings.seeds["order"])
    model.dropout = models.Dropout(settings.dropout_words, settings.dropout_states, rng)
    sides = polarity(data.classes, settings.treebank.get("polarity"), data.names)
    measures = Measures(model, data, sides, mode)
    epochs = recorded_fit(
        recorder,
        model,
        new_optimizer(model, settings),
        data.train,
        data.dev,
        batch_size=settings.batch,
        rng=rng,
        max_epochs=settings.max_epochs,
        patience=settings.patience,
        watchers=[measures],
        measure=measures.row,
        epoch_0=True,
        mode=mode,
        score=measures.score,
    )
    dev, test = (accuracies(model, forest, sides, mode) for forest in (data.dev, data.test))
    record_result(
        recorder,
        model,
        {
            "test_accuracy": test["root_fine"],
            "dev_accuracy": dev["root_fine"],
            **summary(epochs),
            "dev": dev,
            "test": test,
            "words": len(data.train.vocabulary),
            "timing": {"trees_per_second": _typical_speed(recorder)},
        },
    )


def _typical_speed(recorder: Recorder) -> float | None:
    known = [speed for row in recorder.rows if (speed := row["timing"].get("trees_per_second")) is not None]
    return statistics.median(known) if known else None


class Measures(Watcher):
    """Measures what is in the row of an epoch: accuracies on dev, gradient ratios by depth over test, speed.

    Speed is that of the updates alone, in processor time of one core: without the measurements after an
    epoch, and without the first minibatch, which may include compilation.

    Parameters
    ----------
    model : TreeClassifier
    data : Sets
    sides : Polarity or None
        Of the classes.
    mode : str
        Of the fold.
    """

    def __init__(self, model: models.TreeClassifier, data: Sets, sides: Polarity | None, mode: str) -> None:
        self._model, self._data, self._sides, self._mode = model, data, sides, mode
        self._dev: dict[str, float | None] = {}
        self._trees, self._first, self._last = -1, 0.0, 0.0

    def score(self, model: models.TreeClassifier) -> float:
        """Return what the best epoch is chosen by: the accuracy at the roots of dev, all classes."""
        self._dev = accuracies(model, self._data.dev, self._sides, self._mode)
        return float(self._dev["root_fine"] or 0.0)

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Note the time."""
        self._last = time.process_time()
        if self._trees < 0:
            self._first, self._trees = self._last, 0
        else:
            self._trees += len(trees)

    def row(self, epoch: int) -> dict[str, Any]:
        """Return the measurements after an epoch, and start timing the next one."""
        speed = self._trees / (self._last - self._first) if self._trees > 0 else None
        self._trees = -1
        return {
            "dev": self._dev,
            "ratios": by_depth(*word_ratios(self._model, self._data.test, self._mode)),
            "timing": {} if speed is None else {"trees_per_second": round(speed, 1)},
        }
