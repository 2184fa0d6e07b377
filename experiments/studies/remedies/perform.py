"""One run: train with a remedy, and measure the gradient at the keyword in every epoch and at the end."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import models
from experiments.paper.data import keyword_rows
from experiments.paper.datasets import datasets
from experiments.paper.model import new_model, new_optimizer, parameter_groups
from experiments.paper.run import train
from experiments.studies.remedies.settings import DEEP, RemedySettings
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy
from experiments.training.monitoring import OF_ROWS, MonitorWatcher, quiet_monitor
from experiments.training.ratios import RatioWatcher, error_rows
from experiments.training.recorded import record_result, summary
from experiments.training.step import passes
from experiments.training.summaries import by_depth, overall
from minigrad.monitor import Monitor, Vanishing
from minigrad.nn import initialise
from minigrad.optim import Optimizer, by_name, clip_grad_norm

MATRICES = {"Elman": "W"}  # what `recurrent` names; of the others, W1 and W2


def perform(settings: RemedySettings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint. Raises as `experiments.paper.run.perform` does."""
    mode = settings.mode
    model = remedied_model(settings)
    sets = datasets(settings)
    if model.cell.right_parts is not None:
        sets = sets.as_chains()
    # One generator for the order of the trees and for dropout.
    rng = np.random.default_rng([*settings.seeds["order"], 0])
    if settings.dropout_words or settings.dropout_states:
        model.dropout = models.Dropout(settings.dropout_words, settings.dropout_states, rng)
    nodes = error_rows(model.cell, keyword_rows)
    ratios = RatioWatcher(nodes) if settings.ratios else None
    epochs = train(
        settings,
        recorder,
        model,
        remedied_optimizer(model, settings),
        sets,
        ratios,
        rng=rng,
        nodes=nodes,
        measure=None if ratios is None else partial(_measured, ratios),
        monitor=_monitor(),
        clip=None if settings.max_norm is None else partial(clip_grad_norm, max_norm=settings.max_norm),
    )
    record_result(
        recorder,
        model,
        {
            "test_accuracy": accuracy(model, sets.test, mode=mode),
            **summary(epochs),
            "trained": _trained(model, sets.train, settings.batch, mode),
            "data_hash": sets.hash,
        },
    )


def remedied_model(settings: RemedySettings) -> models.TreeClassifier:
    """Return the model before training; with `recurrent`, its recurrent matrices are drawn anew."""
    model = new_model(settings)
    if settings.recurrent is not None:
        rng = np.random.default_rng([*settings.seeds["model"], 1])
        init = (settings.recurrent, {"gain": settings.gain})
        initialise(model.cell, {MATRICES.get(settings.model, "W[12]"): init}, rng)
    return model


def remedied_optimizer(model: models.TreeClassifier, settings: RemedySettings) -> Optimizer:
    """Return the optimiser over the paper's parameter groups, each with its L2."""
    if settings.optimizer == "adagrad":
        return new_optimizer(model, settings)
    own = {"momentum": settings.momentum, "nesterov": settings.nesterov}
    options = own if settings.optimizer == "sgd" else {}
    return by_name(settings.optimizer, parameter_groups(model, settings), lr=settings.lr, **options)


def _monitor() -> Monitor:
    """Return a monitor that looks at every minibatch: few keywords lie deep."""
    others = [kind() for kind in OF_ROWS if kind is not Vanishing]  # type: ignore[call-arg]
    return quiet_monitor(every=1, rules=[Vanishing(min_depth=DEEP), *others])


def _measured(ratios: RatioWatcher, epoch: int) -> dict[str, Any]:
    found = ratios.ratios["post"]
    deep = overall(ratios.depth, found)["median_from_8"]
    return {"ratios": {**by_depth(ratios.depth, found), "median_from_8": deep}}


def _trained(model: models.TreeClassifier, train: models.Forest, batch: int, mode: str) -> dict[str, Any]:
    """Apply the rule of vanishing to the trained model, without updates and without dropout."""
    rule = Vanishing(min_depth=DEEP)
    nodes = error_rows(model.cell, keyword_rows)
    watcher = MonitorWatcher(quiet_monitor(every=1, rules=[rule]), model, nodes)
    model.eval()
    for seen in passes(model, train, batch, mode):
        watcher.batch(*seen)
    model.train()
    return {"alerts": len(watcher.monitor.alerts), "verdicts": rule.verdicts, "last": rule.value}
