"""What a run of any study begins and ends with: `fit`, resumable and with a row per epoch, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Unpack

import numpy as np

import models
from experiments.sweep import Recorder
from experiments.training.loop import FitOptions, Training, fit, scored
from experiments.training.monitoring import MonitorWatcher
from experiments.training.watcher import Epoch, Watcher, best_epoch
from minigrad.monitor import Monitor
from minigrad.optim import Optimizer

CHECKPOINT_EVERY = 5.0  # seconds
ALERT = ("rule", "value", "epoch", "batch", "node", "parameter")  # what of an alert goes into a row

Measure = Callable[[int], dict[str, Any]]


def recorded_fit(
    recorder: Recorder,
    model: models.TreeClassifier,
    optimizer: Optimizer,
    train: Training,
    dev: models.Forest,
    *,
    measure: Measure | None = None,
    epoch_0: bool = False,
    monitor: Monitor | None = None,
    nodes: Callable[[models.Forest], np.ndarray] | None = None,
    watchers: Sequence[Watcher] = (),
    **options: Unpack[FitOptions],
) -> list[Epoch]:
    """Train as `fit` does, with the recorder's checkpoint and progress, and write a row per epoch.

    A row: ``{"kind": "epoch", "epoch", "loss", "dev_accuracy", "best", **measure(epoch)}``; before what is
    measured, with a schedule "lr_factor" as of `Epoch`, with a monitor "alerts", those of the epoch.

    Parameters
    ----------
    recorder : Recorder
    model, optimizer, train, dev
        As in `fit`.
    measure : function of the epoch's number, optional
        Called after each epoch; returns what is added to the row, JSON values.
    epoch_0 : bool
        Whether there is a row before the first update too. It has no loss.
    monitor : Monitor, optional
        Observes the minibatches.
    nodes : function of a minibatch, optional
        The rows whose gradients monitor and looks observe, such as those of the keywords; by default all.
    watchers : sequence of Watcher
        Called before the row is written.
    **options
        Of `fit`.

    Returns
    -------
    list of Epoch
    """
    watching = [] if monitor is None else [MonitorWatcher(monitor, model, nodes)]
    rows = _EpochRows(recorder, monitor, measure, options.get("schedule") is not None)
    if epoch_0 and not recorder.checkpoint.exists():
        score, mode = options.get("score"), options.get("mode", "compiled")
        rows.write(0, None, scored(model, dev, mode, score, 0), best=False)
    with _looking(recorder, model, dev, nodes, monitor, options.get("mode", "compiled")) as looking:
        return fit(
            model,
            optimizer,
            train,
            dev,
            watchers=[*watchers, *watching, rows, *looking],
            checkpoint=recorder.checkpoint,
            checkpoint_every=CHECKPOINT_EVERY,
            progress=recorder.progress,
            **options,
        )


@contextmanager
def _looking(
    recorder: Recorder,
    model: models.TreeClassifier,
    dev: models.Forest,
    nodes: Callable[[models.Forest], np.ndarray] | None,
    monitor: Monitor | None,
    mode: str,
) -> Iterator[list[Watcher]]:
    """Yield the watcher that looks at the training, if the recorder has a file for its looks."""
    if recorder.live is None:
        yield []
        return
    # Loaded where it is wanted: it needs viz, which workers do without.
    from experiments.training.live.look import sentence_of
    from experiments.training.live.watcher import LiveWatcher

    watcher = LiveWatcher(
        recorder.live,
        recorder.name,
        model,
        sentence_of(dev),
        nodes=nodes,
        monitor=monitor,
        mode=mode,
        tell=recorder.notices.append,
    )
    why = "failed"
    try:
        yield [watcher]
        why = "finished"
    finally:
        watcher.close(why)


def summary(epochs: Sequence[Epoch]) -> dict[str, Any]:
    """Return a result row's part about the training: best epoch, number of epochs, best dev accuracy."""
    best = best_epoch(epochs)
    return {"best_epoch": best.number, "epochs": len(epochs), "dev_accuracy": best.dev_accuracy}


def record_result(recorder: Recorder, model: models.TreeClassifier, result: dict[str, Any]) -> None:
    """Save the model, if the recorder has a path for it, and end the run with its result.

    Parameters
    ----------
    recorder : Recorder
    model : TreeClassifier
        With the parameters of its best epoch, as after `recorded_fit`.
    result : dict
        JSON values.
    """
    if recorder.model is not None:
        models.save(recorder.model, model)
    recorder.result(result)


class _EpochRows(Watcher):
    """Writes a row per epoch; a resumed run drops those that came after its checkpoint."""

    def __init__(
        self, recorder: Recorder, monitor: Monitor | None, measure: Measure | None, scheduled: bool
    ) -> None:
        self._recorder, self._monitor, self._measure = recorder, monitor, measure
        self._scheduled = scheduled
        self._epochs = 0

    def epoch(self, epoch: Epoch) -> None:
        """Write the epoch's row."""
        self.write(epoch.number, epoch.loss, epoch.dev_accuracy, epoch.best, epoch.lr_factor)

    def state_dict(self) -> dict[str, Any]:
        """Return how many epochs have rows."""
        return {"epochs": self._epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Drop the rows that came after the checkpoint."""
        self._recorder.rewind(state["epochs"])
        self._epochs = state["epochs"]

    def write(
        self, number: int, loss: float | None, dev_accuracy: float, best: bool, lr_factor: float | None = None
    ) -> None:
        """Write a row."""
        self._epochs = number
        row: dict[str, Any] = {
            "kind": "epoch",
            "epoch": number,
            "loss": loss,
            "dev_accuracy": dev_accuracy,
            "best": best,
        }
        if self._scheduled:
            row["lr_factor"] = lr_factor
        if self._monitor is not None:
            alerts = [asdict(alert) for alert in self._monitor.alerts if alert.epoch == number]
            row["alerts"] = [{name: alert[name] for name in ALERT} for alert in alerts]
        self._recorder.row({**row, **(self._measure(number) if self._measure is not None else {})})
