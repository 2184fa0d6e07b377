"""Vanishing and exploding: how much of the error at the root reaches the nodes far below it.

ratio of a node = ‖∂J/∂x_node‖ / ‖∂J/∂x_root‖, the measure of Le & Zuidema (2016, section 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import NodeRule, Verdict


@dataclass(eq=False)
class Ratio(NodeRule):
    """A quantile of the ratios of nodes at some depth and below; `min_count` counts nodes."""

    _largest: ClassVar[bool] = False  # which end is the bad one
    min_depth: int = 8
    quantile: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.quantile <= 1:
            raise ValueError(f"{self.name}: quantile is {self.quantile}; it lies in [0, 1]")
        super().__post_init__()

    def restart(self) -> None:
        """Empty the window unjudged."""
        super().restart()
        self._ratios: list[np.ndarray] = []

    def _add(self, seen: Observation) -> int:
        """Add the ratios of the minibatch's nodes, but for trees without an error at the root."""
        rows, ratio = seen.ratios(self.part, self.min_depth)
        if len(ratio):
            self._ratios.append(ratio)
        self._remember(seen, rows, ratio, self._largest)
        return len(ratio)

    def judge(self) -> Verdict:
        """Hold the quantile against the threshold."""
        value = float(np.quantile(np.concatenate(self._ratios), self.quantile))
        bad = value > self.threshold if self._largest else value < self.threshold
        which = "median" if self.quantile == 0.5 else f"{self.quantile:.0%} quantile"
        message = (
            f"the {which} gradient ratio of {self._count} nodes at depth {self.min_depth} and below is "
            f"{value:.3g}, {'above' if self._largest else 'below'} {self.threshold:g}"
        )
        return self._verdict(bad, value, message, self._largest)


@dataclass(eq=False)
class Vanishing(Ratio):
    """Half of the nodes at depth `min_depth` and below have a ratio under the threshold.

    Where only some leaves matter to the loss, show `observe` those as ``nodes``: at the others a small
    gradient is what a good model has.

    Parameters
    ----------
    threshold, min_count, patience, action, part
        As in `Rule` and `NodeRule`; `min_count` counts nodes.
    min_depth : int
        The root has depth 0.
    quantile : float
        Which of the nodes' ratios, in ascending order, is held against the threshold.
    """

    name = "vanishing"

    threshold: float = 0.1
    min_count: int = 100
    patience: int = 3


@dataclass(eq=False)
class Exploding(Ratio):
    """A tenth of the nodes at depth `min_depth` and below have a ratio over the threshold.

    Parameters as in `Vanishing`.
    """

    name = "exploding"
    _largest = True
    threshold: float = 100.0
    min_count: int = 100
    patience: int = 3
    quantile: float = 0.9
