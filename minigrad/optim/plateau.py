"""A learning rate that falls when the score has stopped rising."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minigrad.optim.schedule import Schedule


@dataclass(eq=False)
class Plateau(Schedule):
    """The rate is multiplied by `factor` whenever so many epochs in a row had no better score than before.

    It then waits for as many epochs again. A score is better if it is higher than the best one so far, as for
    the best epoch that `experiments.training.fit` keeps; the first one is.

    Parameters
    ----------
    factor : float
        In (0, 1).
    patience : int
        Epochs without a better score that it takes; fewer than `fit` ends training after.
    low : float
        The factor of the original rate falls no further.
    """

    factor: float = 0.5
    patience: int = 2
    low: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.factor < 1:
            raise ValueError(f"Plateau: factor is {self.factor!r}; it lies in (0, 1)")
        if not self.patience >= 1:
            raise ValueError(f"Plateau: patience is {self.patience!r}; it is at least 1")
        if not 0 <= self.low <= 1:
            raise ValueError(f"Plateau: low is {self.low!r}; it lies in [0, 1]")
        self.restart()

    def restart(self) -> None:
        """Forget all scores: another training begins."""
        self._best: float | None = None
        self._waited, self._now = 0, 1.0

    def at(self, time: float) -> float:
        """Return the factor that the scores so far have led to, whatever the time is."""
        return self._now

    def observe(self, time: float, score: float) -> None:
        """Count the epoch, if its score is no better; lower the factor if it was one too many."""
        if self._best is None or score > self._best:
            self._best, self._waited = score, 0
        else:
            self._waited += 1
        if self._waited == self.patience:
            self._now, self._waited = max(self._now * self.factor, self.low), 0

    def state_dict(self) -> dict[str, Any]:
        """Return the best score, the epochs since, and the factor, as JSON values."""
        return {"best": self._best, "waited": self._waited, "factor": self._now}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._best, self._waited, self._now = state["best"], state["waited"], state["factor"]
