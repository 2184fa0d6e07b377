"""A row per epoch: what `fit` tells of it, and what else is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.sweep import Recorder
from experiments.training.loop import Epoch, Watcher


class EpochRows(Watcher):
    """Writes a row per epoch; a resumed run drops those that came after its checkpoint.

    A row: ``{"kind": "epoch", "epoch", "loss", "dev_accuracy", "best", **measure(epoch)}``. Watchers that
    `measure` asks come before this one.

    Parameters
    ----------
    recorder : Recorder
    measure : function of the epoch's number, optional
        Returns what is added to the row, JSON values.
    """

    def __init__(self, recorder: Recorder, measure: Callable[[int], dict[str, Any]] | None = None) -> None:
        self._recorder, self._measure = recorder, measure
        self._epochs = 0

    def before_training(self, dev_accuracy: float) -> None:
        """Write the row of epoch 0, which has no loss."""
        self._write(0, None, dev_accuracy, best=False)

    def epoch(self, epoch: Epoch) -> None:
        """Write the epoch's row."""
        self._write(epoch.number, epoch.loss, epoch.dev_accuracy, epoch.best)

    def state_dict(self) -> dict[str, Any]:
        """Return how many epochs have rows."""
        return {"epochs": self._epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Drop the rows that came after the checkpoint."""
        self._recorder.rewind(state["epochs"])
        self._epochs = state["epochs"]

    def _write(self, number: int, loss: float | None, dev_accuracy: float, best: bool) -> None:
        self._epochs = number
        row = {"kind": "epoch", "epoch": number, "loss": loss, "dev_accuracy": dev_accuracy, "best": best}
        self._recorder.row({**row, **(self._measure(number) if self._measure is not None else {})})
