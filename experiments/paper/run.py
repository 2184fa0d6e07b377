"""One run: train a model with its settings, and record what is measured."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import models
from experiments.paper.data import keyword_rows
from experiments.paper.datasets import Datasets, datasets
from experiments.paper.model import new_model, new_optimizer
from experiments.paper.settings import Settings
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy
from experiments.training.ratios import RatioWatcher, definitions, error_rows
from experiments.training.recorded import record_result, recorded_fit, summary
from experiments.training.summaries import by_depth, median_interval, overall
from experiments.training.watcher import Epoch
from minigrad.optim import Optimizer

MEASURED_AT_ONCE = 100  # trees; more would not fit into the processor's cache


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or continue it from its checkpoint.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf.
    StateError
        If there is a checkpoint that can't be resumed.
    """
    model = new_model(settings)
    sets = datasets(settings)
    if model.cell.right_parts is not None:
        sets = sets.as_chains()
    optimizer = new_optimizer(model, settings)
    keywords = error_rows(model.cell, keyword_rows)
    ratios = None
    if settings.ratios:
        ratios = RatioWatcher(keywords, definitions(model.cell), settings.activation)
    measure = None if ratios is None else partial(_measure, settings, model, sets, ratios)
    rng = np.random.default_rng([*settings.seeds["order"], 0])
    epochs = train(
        settings, recorder, model, optimizer, sets, ratios, measure=measure, rng=rng, nodes=keywords
    )
    record_result(recorder, model, _result(settings, model, sets, epochs))


def train(
    settings: Settings,
    recorder: Recorder,
    model: models.TreeClassifier,
    optimizer: Optimizer,
    sets: Datasets,
    ratios: RatioWatcher | None,
    **options: Any,
) -> list[Epoch]:
    """Train as `recorded_fit` does, with the settings' batch, epochs, patience, mode and shuffling.

    Parameters
    ----------
    settings, recorder, model, optimizer, sets
    ratios : RatioWatcher or None
        Watches the training; there is a row of epoch 0 then.
    **options
        Further ones of `recorded_fit`.
    """
    if ratios is not None and not recorder.checkpoint.exists():
        ratios.measure(model, sets.train, MEASURED_AT_ONCE, settings.mode)
    return recorded_fit(
        recorder,
        model,
        optimizer,
        sets.fresh or sets.train,
        sets.dev,
        batch_size=settings.batch,
        max_epochs=settings.max_epochs,
        min_epochs=settings.min_epochs,
        patience=settings.patience,
        watchers=[] if ratios is None else [ratios],
        epoch_0=ratios is not None,
        mode=settings.mode,
        shuffle=settings.shuffle,
        **options,
    )


def _result(
    settings: Settings, model: models.TreeClassifier, sets: Datasets, epochs: list[Epoch]
) -> dict[str, Any]:
    depth = sets.train.depth[keyword_rows(sets.train)]
    return {
        "test_accuracy": accuracy(model, sets.test, mode=settings.mode),
        **summary(epochs),
        "mean_keyword_depth": float(depth.mean()),
        "keyword_depth_counts": {str(d): int(n) for d, n in enumerate(np.bincount(depth)) if n},
        "data_hash": sets.hash,
    }


def _measure(
    settings: Settings, model: models.TreeClassifier, sets: Datasets, ratios: RatioWatcher, epoch: int
) -> dict[str, Any]:
    """Return the ratios of an epoch by reading of "error vector", and those of the extra sentences."""
    depth = ratios.depth
    of = {name: by_depth(depth, ratio) for name, ratio in ratios.ratios.items()}
    of["post"] |= overall(depth, ratios.ratios["post"])
    if settings.dev_ratios:
        of["dev"] = _dev(settings, model, sets)
    return {"ratios": {**of, "extra": _extra(settings, model, sets, epoch)}}


def _dev(settings: Settings, model: models.TreeClassifier, sets: Datasets) -> dict[str, Any]:
    watcher = RatioWatcher(error_rows(model.cell, keyword_rows))
    watcher.measure(model, sets.dev, MEASURED_AT_ONCE, settings.mode)
    return by_depth(watcher.depth, watcher.ratios["post"])


def _extra(settings: Settings, model: models.TreeClassifier, sets: Datasets, epoch: int) -> dict[str, Any]:
    found = {}
    for depth, forest in sets.extra.items():
        watcher = RatioWatcher(keyword_rows)
        watcher.measure(model, forest, MEASURED_AT_ONCE, settings.mode)
        seeds = [*settings.seeds["bootstrap"], epoch, depth]
        found[str(depth)] = median_interval(watcher.ratios["post"], np.random.default_rng(seeds))
    return found
