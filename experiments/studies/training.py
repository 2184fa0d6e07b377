"""How a study trains: `fit`, a monitor that looks on, and a row per epoch with what it had to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import models
from experiments.monitoring import MonitorWatcher
from experiments.step import Clip, Penalty
from experiments.sweep import Recorder
from experiments.train import Epoch, Watcher, fit
from minigrad.monitor import Alert, Monitor, Stuck
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

    Returns
    -------
    list of Epoch
    """
    monitor = quiet_monitor() if monitor is None else monitor
    rows = _Rows(recorder, monitor, measure)
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


def quiet_monitor(every: int = LOOK_AT_EVERY) -> Monitor:
    """Return a monitor with all rules whose alerts are kept and not shown."""
    monitor = Monitor(action=_keep, every=every)
    monitor.rules = [
        Stuck(min_count=STUCK_AFTER) if isinstance(rule, Stuck) else rule for rule in monitor.rules
    ]
    return monitor


def _keep(alert: Alert) -> None:
    """Do nothing: the monitor keeps its alerts, and `_Rows` writes them down."""


class _Rows(Watcher):
    """Writes a row per epoch; comes after the monitor among the watchers."""

    def __init__(
        self, recorder: Recorder, monitor: Monitor, measure: Callable[[], dict[str, Any]] | None
    ) -> None:
        self._recorder, self._monitor, self._measure = recorder, monitor, measure
        self._epochs = 0

    def epoch(self, epoch: Epoch) -> None:
        self._epochs = epoch.number
        alerts = [asdict(alert) for alert in self._monitor.alerts if alert.epoch == epoch.number]
        self._recorder.row(
            {
                "kind": "epoch",
                "epoch": epoch.number,
                "loss": epoch.loss,
                "dev_accuracy": epoch.dev_accuracy,
                "best": epoch.best,
                "alerts": [{name: alert[name] for name in ALERT} for alert in alerts],
                **(self._measure() if self._measure is not None else {}),
            }
        )

    def state_dict(self) -> dict[str, Any]:
        return {"epochs": self._epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._recorder.rewind(state["epochs"])
        self._epochs = state["epochs"]
