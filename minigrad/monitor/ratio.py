"""Vanishing and exploding: how much of the error at the root reaches the nodes far below it.

ratio of a node = ‖∂J/∂x_node‖ / ‖∂J/∂x_root‖, the measure of Le & Zuidema (2016, section 3.3).
"""

from __future__ import annotations

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Action, Rule, Verdict


class Ratio(Rule):
    """A quantile of the ratios of nodes at some depth and below; `min_count` counts nodes."""

    _largest = False  # which end is the bad one

    def __init__(
        self,
        threshold: float,
        min_count: int,
        patience: int,
        min_depth: int,
        quantile: float,
        part: str | None,
        action: Action | None,
    ) -> None:
        if not 0 <= quantile <= 1:
            raise ValueError(f"{self.name}: quantile is {quantile}; it lies in [0, 1]")
        super().__init__(threshold, min_count, patience, action)
        self.min_depth, self.quantile, self.part = min_depth, quantile, part
        self.restart()

    def restart(self) -> None:
        """Empty the window unjudged."""
        self._ratios: list[np.ndarray] = []
        self._count = 0
        self._worst: tuple[float, Observation, int] | None = None

    def collect(self, seen: Observation) -> int:
        """Add the ratios of the minibatch's nodes, but for trees without an error at the root."""
        if seen.states is None or seen.forest is None:
            return self._count
        rows, ratio = seen.ratios(self.part, self.min_depth)
        if len(ratio):
            self._ratios.append(ratio)
            self._count += len(ratio)
            k = int(ratio.argmax() if self._largest else ratio.argmin())
            if self._worst is None or (ratio[k] > self._worst[0]) == self._largest:
                self._worst = float(ratio[k]), seen, int(rows[k])
        return self._count

    def judge(self) -> Verdict:
        """Hold the quantile against the threshold."""
        assert self._worst is not None
        value = float(np.quantile(np.concatenate(self._ratios), self.quantile))
        bad = value > self.threshold if self._largest else value < self.threshold
        which = "median" if self.quantile == 0.5 else f"{self.quantile:.0%} quantile"
        message = (
            f"the {which} gradient ratio of {self._count} nodes at depth {self.min_depth} and below is "
            f"{value:.3g}, {'above' if self._largest else 'below'} {self.threshold:g}"
        )
        _, seen, row = self._worst
        node, op = (seen.describe(row), seen.op_at(row, self._largest)) if bad else ("", "")
        self.restart()
        return Verdict(bad, value, message, node, row, op)


class Vanishing(Ratio):
    """Half of the nodes at depth `min_depth` and below have a ratio under the threshold.

    Where only some leaves matter to the loss, show `observe` those as ``nodes``: at the others a small
    gradient is what a good model has.

    Parameters
    ----------
    threshold, min_count, patience, action
        As in `Rule`; `min_count` counts nodes.
    min_depth : int
        The root has depth 0.
    quantile : float
        Which of the nodes' ratios, in ascending order, is held against the threshold.
    part : str, optional
        The state part; the first if left out.
    """

    name = "vanishing"

    def __init__(
        self,
        threshold: float = 0.1,
        min_count: int = 100,
        patience: int = 3,
        min_depth: int = 8,
        quantile: float = 0.5,
        part: str | None = None,
        action: Action | None = None,
    ) -> None:
        super().__init__(threshold, min_count, patience, min_depth, quantile, part, action)


class Exploding(Ratio):
    """A tenth of the nodes at depth `min_depth` and below have a ratio over the threshold.

    Parameters as in `Vanishing`.
    """

    name = "exploding"
    _largest = True

    def __init__(
        self,
        threshold: float = 100.0,
        min_count: int = 100,
        patience: int = 3,
        min_depth: int = 8,
        quantile: float = 0.9,
        part: str | None = None,
        action: Action | None = None,
    ) -> None:
        super().__init__(threshold, min_count, patience, min_depth, quantile, part, action)
