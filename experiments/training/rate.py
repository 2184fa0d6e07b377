"""The learning rate of a training run, as a schedule sets it."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any

from experiments.training.watcher import Epoch
from minigrad.optim import Optimizer, Schedule


class LearningRate:
    """Sets an optimiser's `lr_factor` before every update; without a schedule it leaves it alone.

    As a context manager it puts back the factor that was there.

    Parameters
    ----------
    optimizer : Optimizer
    schedule : Schedule or None
        It begins anew.
    max_epochs : int

    Raises
    ------
    TypeError
        If `schedule` is none.
    ValueError
        If its factor at the beginning of one of the epochs is not finite or not above 0.
    """

    def __init__(self, optimizer: Optimizer, schedule: Schedule | None, max_epochs: int) -> None:
        self._optimizer, self._schedule = optimizer, schedule
        if schedule is None:
            return
        if not isinstance(schedule, Schedule):
            raise TypeError(f"a schedule is a minigrad.optim.Schedule such as Cosine(50), not {schedule!r}")
        schedule.restart()
        for epochs in range(max_epochs):
            self._factor(epochs)

    def set(self, time: float) -> None:
        """Set the learning rate for an update; `time` is counted in epochs, from 0."""
        if self._schedule is not None:
            self._optimizer.lr_factor = self._factor(time)

    def observe(self, epoch: Epoch) -> None:
        """Show the schedule what has come of an epoch."""
        if self._schedule is not None:
            self._schedule.observe(epoch.number, epoch.dev_accuracy)

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's state, as JSON values."""
        return {} if self._schedule is None else self._schedule.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        if self._schedule is not None:
            self._schedule.load_state_dict(state)

    def __enter__(self) -> LearningRate:
        self._before = self._optimizer.lr_factor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._optimizer.lr_factor = self._before

    def _factor(self, time: float) -> float:
        assert self._schedule is not None
        factor = self._schedule.at(time)
        if not 0 < factor < math.inf:
            epoch = math.floor(time) + 1
            raise ValueError(
                f"the factor of learning rates is {factor} in epoch {epoch} of {self._schedule!r}; it is "
                "above 0, or training would stand still: change the schedule, or train for fewer epochs"
            )
        return factor
