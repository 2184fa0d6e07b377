"""Weights that shrink to nothing while nothing is learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Rule, Verdict
from minigrad.nn import Parameter


@dataclass(eq=False)
class Collapsed(Rule):
    """Matrices have, on average, a tenth of the largest norm they ever had, and the loss is that of a guess.

    That is what L2 does where it outweighs the gradient: matrices and word vectors shrink, so that even less
    of the gradient gets through, and training does not come back from there. An adaptive optimiser makes it
    worse, as its steps are as long for a small gradient as for a large one.

    The number is the mean over all parameters of two or more dimensions of ‖W‖ / max ‖W‖, the maximum over
    the ends of all windows and the first minibatch. Biases, which start at zero, are left out.

    Parameters
    ----------
    threshold : float
    min_count, patience, action
        As in `Rule`; `min_count` counts losses of minibatches, and the mean loss of an epoch ends a window.
    guess : float, optional
        The loss of a guess, such as log(number of classes); by default the mean of the first window. It is
        that of a network whose output does not depend on its input yet.
    tolerance : float
        The loss is a guess's while it is not lower by more than this part of it.
    """

    name = "collapsed"

    threshold: float = 0.1
    min_count: int = 1000
    patience: int = 2
    guess: float | None = None
    tolerance: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"{self.name}: tolerance is {self.tolerance}; it lies in [0, 1)")
        super().__post_init__()
        self._guess = self.guess
        self._largest: dict[str, float] = {}
        self._parameters: Mapping[str, Parameter] = {}

    def restart(self) -> None:
        """Empty the window unjudged."""
        self._losses: list[float] = []

    def collect(self, seen: Observation) -> int:
        """Add a loss; note the parameters, and at the first minibatch their norms."""
        if seen.parameters:
            self._parameters = seen.parameters
            if not self._largest:
                self._largest = self._norms()
        if seen.loss is None or not self._parameters:
            return 0
        if seen.batch == 0:  # an epoch's mean loss
            self._losses = [seen.loss]
            return self.min_count
        self._losses.append(seen.loss)
        return len(self._losses)

    def judge(self) -> Verdict:
        """Hold the mean of the norms' parts against the threshold."""
        loss = sum(self._losses) / len(self._losses)
        self.restart()
        if self._guess is None:
            self._guess = loss
        norms = self._norms()
        self._largest = {name: max(norm, self._largest.get(name, 0.0)) for name, norm in norms.items()}
        parts = {name: norm / self._largest[name] for name, norm in norms.items() if self._largest[name] > 0}
        if not parts:
            return Verdict(False, 1.0)
        value = float(np.mean(list(parts.values())))
        worst = min(parts, key=parts.__getitem__)
        bad = value < self.threshold and loss >= (1 - self.tolerance) * self._guess
        message = (
            f"matrices have {value:.2g} of their largest norms on average, and the loss is {loss:.4g}, "
            f"that of a guess ({self._guess:.4g}); is there too much L2 for the gradient?"
        )
        return Verdict(bad, value, message, parameter=worst)

    def _norms(self) -> dict[str, float]:
        return {
            name: float(np.linalg.norm(p.data.ravel()))
            for name, p in self._parameters.items()
            if p.data.ndim > 1
        }

    def state_dict(self) -> dict[str, Any]:
        """Return verdicts, the loss of a guess, None before it is known, and the largest norms."""
        return {**super().state_dict(), "guess": self._guess, "largest": dict(self._largest)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        super().load_state_dict(state)
        self._guess, self._largest = state["guess"], dict(state["largest"])
