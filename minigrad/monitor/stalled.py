"""Training that has plateaued."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Rule, Verdict


@dataclass(eq=False)
class Stalled(Rule):
    """The mean loss of a window is not below the best so far by more than the threshold's part of that.

    Parameters
    ----------
    threshold : float
        Relative improvement that counts as one.
    min_count, patience, action
        As in `Rule`; `min_count` counts losses: of minibatches, or of epochs if the monitor is told those.
    """

    name = "stalled"

    threshold: float = 0.001
    min_count: int = 1
    patience: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._best = math.inf
        self._losses: list[float] = []

    def collect(self, seen: Observation) -> int:
        """Add a loss."""
        if seen.loss is not None:
            self._losses.append(seen.loss)
        return len(self._losses) if seen.loss is not None else 0

    def judge(self) -> Verdict:
        """Hold the improvement against the threshold; a loss that is not finite is none."""
        loss = sum(self._losses) / len(self._losses)
        self._losses = []
        first = self._best == math.inf
        bad = not (loss < math.inf if first else self._best - loss > self.threshold * abs(self._best))
        message = (
            f"the mean loss is {loss:.4g} after a best of {self._best:.4g}: in {self.patience} windows it "
            f"has not fallen by {self.threshold:.2%}"
        )
        if not bad:  # so that many small gains add up to one
            self._best = loss
        return Verdict(bad, loss, message)

    def state_dict(self) -> dict[str, Any]:
        """Return verdicts, the best loss so far, None before the first, and the losses of the window."""
        best = None if self._best == math.inf else self._best
        return {**super().state_dict(), "best": best, "losses": list(self._losses)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        super().load_state_dict(state)
        self._best = math.inf if state["best"] is None else state["best"]
        self._losses = list(state["losses"])
