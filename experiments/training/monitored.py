"""How a study trains: `fit`, a monitor that looks on, and a row per epoch with what it had to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

import models
from experiments.sweep import Recorder
from experiments.training.epoch_rows import EpochRows
from experiments.training.loop import Epoch, Watcher, accuracy, fit
from experiments.training.monitoring import MonitorWatcher
from experiments.training.step import Clip, Penalty
from minigrad.monitor import Alert, Monitor, Rule, Stuck
from minigrad.optim import Optimizer

CHECKPOINT_EVERY = 5.0  # seconds
LOOK_AT_EVERY = 10  # minibatches; looking at each would cost a quarter of a step
STUCK_AFTER = 10  # of those, fewer than an epoch has
ALERT = ("rule", "value", "epoch", "batch", "node", "parameter")  # what of an alert goes into a row


def monitored_fit(
    recorder: Recorder,
    model: models.TreeClassifier,
    optimizer: Optimizer,
    train: models.Forest,
    dev: models.Forest,
    *,
    batch_size: int,
    rng: np.random.Generator,
    max_epochs: int,
    patience: int,
    min_epochs: int = 1,
    nodes: Callable[[models.Forest], np.ndarray] | None = None,
    measure: Callable[[], dict[str, Any]] | None = None,
    watchers: Sequence[Watcher] = (),
    monitor: Monitor | None = None,
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    score: Callable[[models.TreeClassifier], float] | None = None,
    mode: str = "compiled",
    epoch_0: bool = False,
) -> list[Epoch]:
    """Train as `fit` does, resumable, and write a row per epoch.

    A row: ``{"kind": "epoch", "epoch", "loss", "dev_accuracy", "best", "alerts", **measure()}``; "alerts" are
    the monitor's of that epoch.

    Parameters
    ----------
    recorder, model, optimizer, train, dev, batch_size, rng, max_epochs, patience, min_epochs
    penalty, clip, score, mode
        As in `fit`.
    nodes : function of a minibatch, optional
        The rows whose gradients the monitor looks at, for instance those of the keywords; all if left out.
    measure : function, optional
        Called after each epoch; what it returns, JSON values, is added to the epoch's row.
    watchers : sequence of Watcher
        Called before the row is written.
    monitor : Monitor, optional
        One with all rules that looks at every tenth minibatch unless given.
    epoch_0 : bool
        Whether there is a row before the first update too, which has no loss.

    Returns
    -------
    list of Epoch
    """
    monitor = quiet_monitor() if monitor is None else monitor
    rows = EpochRows(recorder, partial(_measured, monitor, measure))
    if epoch_0 and not recorder.checkpoint.exists():
        rows.before_training(accuracy(model, dev, mode=mode) if score is None else score(model))
    return fit(
        model,
        optimizer,
        train,
        dev,
        batch_size=batch_size,
        rng=rng,
        max_epochs=max_epochs,
        min_epochs=min_epochs,
        patience=patience,
        watchers=[*watchers, MonitorWatcher(monitor, model, nodes), rows],
        checkpoint=recorder.checkpoint,
        checkpoint_every=CHECKPOINT_EVERY,
        mode=mode,
        penalty=penalty,
        clip=clip,
        progress=recorder.progress,
        score=score,
    )


def quiet_monitor(every: int = LOOK_AT_EVERY, rules: Sequence[Rule] | None = None) -> Monitor:
    """Return a monitor whose alerts are kept and not shown; with all rules unless given."""
    monitor = Monitor(rules, action=_keep, every=every)
    if rules is None:
        monitor.rules = [
            Stuck(min_count=STUCK_AFTER) if isinstance(rule, Stuck) else rule for rule in monitor.rules
        ]
    return monitor


def _keep(alert: Alert) -> None:
    """Do nothing: the monitor keeps its alerts, and the epochs' rows tell them."""


def _measured(monitor: Monitor, measure: Callable[[], dict[str, Any]] | None, epoch: int) -> dict[str, Any]:
    """Return the alerts of an epoch, and what else is measured after it."""
    alerts = [asdict(alert) for alert in monitor.alerts if alert.epoch == epoch]
    told = [{name: alert[name] for name in ALERT} for alert in alerts]
    return {"alerts": told, **(measure() if measure is not None else {})}
