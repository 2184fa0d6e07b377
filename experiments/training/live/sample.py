"""Gradient ratios by depth, sampled from the minibatches of an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.training.summaries import by_depth
from minigrad.monitor import Observation

MOST = 50_000  # ratios that are kept of an epoch; if there are more, every second minibatch is forgotten


class DepthSample:
    """The ratios ‖∂J/∂p‖ at a node / at its root of the nodes below roots, over minibatches of an epoch."""

    def __init__(self) -> None:
        self._found: list[tuple[np.ndarray, np.ndarray]] = []
        self._count = 0

    def add(self, seen: Observation) -> None:
        """Add the nodes of a minibatch that the observation looks at."""
        rows, ratio = seen.ratios(None, min_depth=1)
        self._found.append((seen.depths_and_roots[0][rows], ratio))
        self._count += len(rows)
        if self._count > MOST:
            self._found = self._found[::2]
            self._count = sum(len(depth) for depth, _ in self._found)

    def by_depth(self) -> dict[str, Any] | None:
        """Return quantiles by depth, as `summaries.by_depth`; None if there is nothing."""
        if not self._count:
            return None
        depth, ratio = (np.concatenate(column) for column in zip(*self._found, strict=True))
        return by_depth(depth, ratio)
