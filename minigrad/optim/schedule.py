"""Learning-rate schedules: functions of time, and what they share with those that look at scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


class Schedule:
    """How learning rates change in training: by a factor that multiplies that of every group of parameters.

    Time is counted in epochs, and is no whole number within one: `at(0)` is the factor of the first update,
    `at(2.5)` that in the middle of the third epoch. `experiments.training.fit` asks before every update; a
    loop of one's own says ``optimizer.lr_factor = schedule.at(epoch + k / batches)`` there, where epoch and
    minibatch k are counted from 0, and ``schedule.observe(epoch + 1, score)`` after the epoch.

    One's own overrides `at`. Checkpoints compare its text, so it is best a frozen dataclass.
    """

    def at(self, time: float) -> float:
        """Return the factor at a time."""
        raise NotImplementedError

    def observe(self, time: float, score: float) -> None:
        """Look at the score, the higher the better, of an epoch that ended at `time`; most don't."""

    def restart(self) -> None:
        """Forget all scores: another training begins."""

    def state_dict(self) -> dict[str, Any]:
        """Return what has become of the scores, as JSON values."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""


@dataclass(frozen=True)
class StepDecay(Schedule):
    """factor^⌊t / every⌋: the rate is multiplied by `factor` after every so many epochs.

    Parameters
    ----------
    every : float
        Epochs from step to step.
    factor : float
    """

    every: float
    factor: float = 0.1

    def __post_init__(self) -> None:
        _require(self, "every", 0 < self.every < math.inf, "a number of epochs, above 0")
        _require(self, "factor", 0 < self.factor < math.inf, "a number above 0")

    def at(self, time: float) -> float:
        """Return the factor at a time."""
        return float(self.factor ** (time // self.every))


@dataclass(frozen=True)
class Cosine(Schedule):
    """low + (1 − low) (1 + cos(π t / T)) / 2: from 1 down half a cosine  (Loshchilov & Hutter 2017, eq. 5)

    Parameters
    ----------
    epochs : float
        T, after which the factor stays at `low`; at least as many as are trained, if that is 0.
    low : float
        Where it ends, in [0, 1].
    growth : float, optional
        With it the factor begins anew at 1 after T epochs (a warm restart), and each period is longer by
        `growth` than the one before: T, growth · T, growth² · T, …
    """

    epochs: float
    low: float = 0.0
    growth: float | None = None

    def __post_init__(self) -> None:
        _require(self, "epochs", 0 < self.epochs < math.inf, "a number above 0")
        _require(self, "low", 0 <= self.low <= 1, "in [0, 1]")
        _require(
            self, "growth", self.growth is None or 1 <= self.growth < math.inf, "a number from 1 on, or None"
        )

    def at(self, time: float) -> float:
        """Return the factor at a time."""
        period = self.epochs
        if self.growth is None:
            time = min(time, period)
        else:
            while time >= period:
                time, period = time - period, period * self.growth
        return self.low + (1 - self.low) * (1 + math.cos(math.pi * time / period)) / 2


@dataclass(frozen=True)
class WarmUp(Schedule):
    """start + (1 − start) t / T: up a straight line to 1, then another schedule, whose time begins there.

    Parameters
    ----------
    epochs : float
        T.
    then : Schedule, optional
        The factor stays at 1 if left out. Of scores it sees those of epochs that ended after the warm-up.
    start : float
        The factor of the first update, in (0, 1].
    """

    epochs: float
    then: Schedule | None = None
    start: float = 0.1

    def __post_init__(self) -> None:
        _require(self, "epochs", 0 < self.epochs < math.inf, "a number above 0")
        _require(self, "then", self.then is None or isinstance(self.then, Schedule), "a schedule or None")
        _require(self, "start", 0 < self.start <= 1, "in (0, 1]: at 0 the first update would do nothing")

    def at(self, time: float) -> float:
        """Return the factor at a time."""
        if time < self.epochs:
            return self.start + (1 - self.start) * time / self.epochs
        return 1.0 if self.then is None else self.then.at(time - self.epochs)

    def observe(self, time: float, score: float) -> None:
        """Pass on the score of an epoch after the warm-up."""
        if self.then is not None and time > self.epochs:
            self.then.observe(time - self.epochs, score)

    def restart(self) -> None:
        """Have the schedule after it begin anew."""
        if self.then is not None:
            self.then.restart()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the schedule after it."""
        return {} if self.then is None else self.then.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of the schedule after it."""
        if self.then is not None:
            self.then.load_state_dict(state)


def _require(schedule: Schedule, name: str, fits: bool, what: str) -> None:
    """Raise ValueError unless a setting fits."""
    if not fits:
        raise ValueError(f"{type(schedule).__name__}: {name} is {getattr(schedule, name)!r}; it is {what}")
