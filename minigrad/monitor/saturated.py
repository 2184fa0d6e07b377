"""Saturated activations: tanh at ±1, sigmoid at 0 and 1, where the derivative is 0."""

from __future__ import annotations

from minigrad import kernels
from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Action, Rule, Verdict


class Saturated(Rule):
    """Too large a share of a state part's elements lies at an end of the activation's range.

    Parameters
    ----------
    threshold : float
        Share of elements, over the inner nodes of the window.
    min_count, patience, action
        As in `Rule`; `min_count` counts inner nodes.
    ends : (float, float)
        The range: (−1, 1) for tanh, (0, 1) for sigmoid.
    margin : float
        How near to an end counts.
    part : str, optional
        The state part; the first if left out.
    """

    name = "saturated"

    def __init__(
        self,
        threshold: float = 0.5,
        min_count: int = 1000,
        patience: int = 3,
        ends: tuple[float, float] = (-1.0, 1.0),
        margin: float = 0.01,
        part: str | None = None,
        action: Action | None = None,
    ) -> None:
        if not 0 < 2 * margin < ends[1] - ends[0]:
            raise ValueError(f"saturated: {margin=} does not fit between the ends {ends}")
        super().__init__(threshold, min_count, patience, action)
        self.ends, self.margin, self.part = ends, margin, part
        self.restart()

    def restart(self) -> None:
        """Empty the window unjudged."""
        self._hits = self._elements = self._count = 0
        self._worst: tuple[int, Observation, int] | None = None

    def collect(self, seen: Observation) -> int:
        """Count the elements at the ends."""
        if seen.states is None or seen.forest is None or not len(seen.inner):
            return self._count
        values = seen.values(self.part)
        low, high = self.ends
        hits = kernels.count_outside(values, seen.inner, low + self.margin, high - self.margin)
        self._hits += int(hits.sum())
        self._elements += hits.size * values.shape[1]
        self._count += hits.size
        k = int(hits.argmax())
        if self._worst is None or hits[k] > self._worst[0]:
            self._worst = int(hits[k]), seen, int(seen.inner[k])
        return self._count

    def judge(self) -> Verdict:
        """Hold their share against the threshold."""
        assert self._worst is not None
        value = self._hits / self._elements
        message = (
            f"{value:.0%} of the elements of {self._count} nodes lie within {self.margin:g} of "
            f"{self.ends[0]:g} or {self.ends[1]:g}, more than {self.threshold:.0%}"
        )
        bad = value > self.threshold
        _, seen, row = self._worst
        node, op = (seen.describe(row), seen.op_at(row, largest=False)) if bad else ("", "")
        self.restart()
        return Verdict(bad, value, message, node, row, op)
