"""Weights that do not move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Rule, Verdict
from minigrad.nn import Parameter


@dataclass(eq=False)
class Stuck(Rule):
    """A parameter has changed by too small a part of itself: ‖w − w₀‖ / ‖w₀‖, w₀ at the window's start.

    A parameter that started at 0 is stuck if it is 0 still.

    Parameters
    ----------
    threshold : float
        The largest part that is too small.
    min_count, patience, action
        As in `Rule`; `min_count` counts minibatches that were looked at.
    """

    name = "stuck"

    threshold: float = 1e-6
    min_count: int = 100
    patience: int = 3

    def restart(self) -> None:
        """Forget the window's start; the next minibatch is another's."""
        self._start: dict[str, np.ndarray] = {}
        self._now: Mapping[str, Parameter] = {}
        self._count = 0

    def collect(self, seen: Observation) -> int:
        """Copy the parameters at the start, and look at them at the end."""
        if not seen.parameters:
            return 0
        if not self._start:
            self._start = {name: p.data.copy() for name, p in seen.parameters.items()}
            return 0
        self._count += 1
        self._now = seen.parameters
        return self._count

    def judge(self) -> Verdict:
        """Hold the smallest change against the threshold."""
        now = {name: p.data.copy() for name, p in self._now.items()}
        changes = {name: _change(now[name], w) for name, w in self._start.items() if name in now}
        updates = self._count
        self.restart()
        self._start = now
        still = sorted(name for name, change in changes.items() if change <= self.threshold)
        worst = min(changes, key=changes.__getitem__)
        message = (
            f"in {updates} minibatches {len(still)} of {len(changes)} parameters changed by a part of no "
            f"more than {self.threshold:g}: {', '.join(still)}"
        )
        return Verdict(bool(still), changes[worst], message, parameter=worst)


def _change(now: np.ndarray, before: np.ndarray) -> float:
    moved = float(np.linalg.norm((now - before).ravel()))
    size = float(np.linalg.norm(before.ravel()))
    if size == 0:
        return 0.0 if moved == 0 else np.inf
    return moved / size
