"""One run: train a model as its settings say, and tell a recorder what happens."""

from __future__ import annotations

from typing import Any

import numpy as np

import models
from experiments.data import keyword_rows
from experiments.paper.datasets import Datasets, datasets
from experiments.paper.model import new_model, new_optimizer
from experiments.paper.settings import Settings
from experiments.paper.summaries import by_depth, median_interval, overall
from experiments.ratios import RatioWatcher, definitions, error_rows
from experiments.sweep import Recorder
from experiments.train import Epoch, Watcher, accuracy, fit

CHECKPOINT_EVERY = 5.0  # seconds
MEASURED_AT_ONCE = 100  # trees; more no longer fit the processor's cache


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be gone on from.
    """
    model = new_model(settings)
    sets = datasets(settings)
    if model.cell.right_parts is not None:
        sets = sets.as_chains()
    optimizer = new_optimizer(model, settings)
    ratios = None
    if settings["ratios"]:
        ratios = RatioWatcher(definitions(model.cell), settings["activation"], at=error_rows(model.cell))
    rows = Rows(recorder, model, settings, sets, ratios)
    if ratios is not None and not recorder.checkpoint.exists():
        ratios.measure(model, sets.train, MEASURED_AT_ONCE, settings["mode"])
        rows.before_training()
    epochs = fit(
        model,
        optimizer,
        sets.train,
        sets.dev,
        batch_size=settings["batch"],
        rng=np.random.default_rng([*settings["seeds"]["order"], 0]),
        max_epochs=settings["max_epochs"],
        min_epochs=settings["min_epochs"],
        patience=settings["patience"],
        watchers=[rows] if ratios is None else [ratios, rows],
        checkpoint=recorder.checkpoint,
        checkpoint_every=CHECKPOINT_EVERY,
        mode=settings["mode"],
        progress=recorder.progress,
    )
    if recorder.model is not None:
        models.save(recorder.model, model)
    recorder.result(_result(settings, model, sets, epochs))


def _result(
    settings: Settings, model: models.TreeClassifier, sets: Datasets, epochs: list[Epoch]
) -> dict[str, Any]:
    best = max(epoch.number for epoch in epochs if epoch.best)
    depth = sets.train.depth[keyword_rows(sets.train)]
    return {
        "kind": "result",
        "test_accuracy": accuracy(model, sets.test, mode=settings["mode"]),
        "best_epoch": best,
        "epochs": len(epochs),
        "dev_accuracy": epochs[best - 1].dev_accuracy,
        "mean_keyword_depth": float(depth.mean()),
        "keyword_depth_counts": {str(d): int(n) for d, n in enumerate(np.bincount(depth)) if n},
        "data_hash": sets.hash,
    }


class Rows(Watcher):
    """Writes a row per epoch.

    Parameters
    ----------
    recorder : Recorder
    model : TreeClassifier
    settings : dict
    sets : Datasets
    ratios : RatioWatcher or None
        Has to come before this among the watchers.
    """

    def __init__(
        self,
        recorder: Recorder,
        model: models.TreeClassifier,
        settings: Settings,
        sets: Datasets,
        ratios: RatioWatcher | None,
    ) -> None:
        self._recorder, self._model, self._settings = recorder, model, settings
        self._sets, self._ratios = sets, ratios
        self._epochs = 0

    def before_training(self) -> None:
        """Write the row of epoch 0."""
        dev_accuracy = accuracy(self._model, self._sets.dev, mode=self._settings["mode"])
        self._write({"epoch": 0, "loss": None, "dev_accuracy": dev_accuracy, "best": False})

    def epoch(self, epoch: Epoch) -> None:
        """Write the epoch's row."""
        self._write(
            {
                "epoch": epoch.number,
                "loss": epoch.loss,
                "dev_accuracy": epoch.dev_accuracy,
                "best": epoch.best,
            }
        )

    def state_dict(self) -> dict[str, Any]:
        """Return how many epochs have rows."""
        return {"epochs": self._epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Drop the rows that came after the checkpoint."""
        self._recorder.rewind(state["epochs"])
        self._epochs = state["epochs"]

    def _write(self, row: dict[str, Any]) -> None:
        self._epochs = row["epoch"]
        if self._ratios is not None:
            depth = self._ratios.depth
            of = {name: by_depth(depth, ratio) for name, ratio in self._ratios.ratios.items()}
            of["post"] |= overall(depth, self._ratios.ratios["post"])
            row["ratios"] = {**of, "extra": self._extra()}
        self._recorder.row({"kind": "epoch", **row})

    def _extra(self) -> dict[str, Any]:
        found = {}
        for depth, forest in self._sets.extra.items():
            watcher = RatioWatcher()
            watcher.measure(self._model, forest, MEASURED_AT_ONCE, self._settings["mode"])
            seeds = [*self._settings["seeds"]["bootstrap"], self._epochs, depth]
            found[str(depth)] = median_interval(watcher.ratios["post"], np.random.default_rng(seeds))
        return found
