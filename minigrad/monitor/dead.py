"""Dead units: ReLU units that output 0 for every input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import NodeRule, Verdict


@dataclass(eq=False)
class Dead(NodeRule):
    """Too large a share of a state part's units is exactly 0 at every inner node of the window.

    Such a unit of a relu layer has no derivative either, and so no way back.

    Parameters
    ----------
    threshold : float
        Share of units.
    min_count, patience, action, part
        As in `Rule` and `NodeRule`; `min_count` counts inner nodes.
    """

    name = "dead"

    threshold: float = 0.5
    min_count: int = 1000
    patience: int = 3

    def restart(self) -> None:
        """Empty the window unjudged."""
        super().restart()
        self._alive: np.ndarray | None = None

    def _add(self, seen: Observation) -> int:
        """Note which units were not 0 somewhere."""
        alive = seen.values(self.part)[seen.inner].any(axis=0)
        self._alive = alive if self._alive is None else self._alive | alive
        return len(seen.inner)

    def judge(self) -> Verdict:
        """Count the units that were always 0."""
        assert self._alive is not None
        dead = np.flatnonzero(~self._alive)
        value = len(dead) / len(self._alive)
        shown = ", ".join(map(str, dead[:8])) + (", …" if len(dead) > 8 else "")
        message = (
            f"{len(dead)} of {len(self._alive)} units are 0 at all of {self._count} nodes, "
            f"a share above {self.threshold:g} (units {shown})"
        )
        self.restart()
        return Verdict(value > self.threshold, value, message)
