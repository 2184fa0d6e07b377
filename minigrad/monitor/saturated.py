"""Saturated activations: tanh at ±1, sigmoid at 0 and 1, where the derivative is 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import NodeRule, Verdict


@dataclass(eq=False)
class Saturated(NodeRule):
    """Too large a share of a state part's elements lies at an end of the activation's range.

    Parameters
    ----------
    threshold : float
        Share of elements, over the inner nodes of the window.
    min_count, patience, action, part
        As in `Rule` and `NodeRule`; `min_count` counts inner nodes.
    ends : (float, float)
        The range: (−1, 1) for tanh, (0, 1) for sigmoid.
    margin : float
        Elements nearer to an end than that count, those beyond it, too.
    """

    name = "saturated"

    threshold: float = 0.5
    min_count: int = 1000
    patience: int = 3
    ends: tuple[float, float] = (-1.0, 1.0)
    margin: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < 2 * self.margin < self.ends[1] - self.ends[0]:
            raise ValueError(f"saturated: margin={self.margin} does not fit between the ends {self.ends}")
        super().__post_init__()

    def restart(self) -> None:
        """Empty the window unjudged."""
        super().restart()
        self._hits = self._elements = 0

    def _add(self, seen: Observation) -> int:
        """Count the elements at the ends."""
        values = seen.values(self.part)[seen.inner]
        low, high = self.ends
        outside = (values < low + self.margin) | (values > high - self.margin)
        self._hits += int(np.count_nonzero(outside))
        self._elements += outside.size
        self._remember(seen, seen.inner, np.count_nonzero(outside, axis=1))
        return len(outside)

    def judge(self) -> Verdict:
        """Hold their share against the threshold."""
        value = self._hits / self._elements
        message = (
            f"{value:.0%} of the elements of {self._count} nodes lie within {self.margin:g} of "
            f"{self.ends[0]:g} or {self.ends[1]:g}, more than {self.threshold:.0%}"
        )
        return self._verdict(value > self.threshold, value, message, stretched=False)
