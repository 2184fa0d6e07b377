"""Gradient ratios by depth, sampled from the minibatches of an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.training.summaries import QUANTILES
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
        """Return quantiles by depth; None if there is nothing."""
        if not self._count:
            return None
        depth, ratio = (np.concatenate(column) for column in zip(*self._found, strict=True))
        return quantiles_by_depth(depth, ratio)


def quantiles_by_depth(depth: np.ndarray, ratio: np.ndarray) -> dict[str, Any]:
    """Return what `summaries.by_depth` does, to the last bits of a float, in a third of the time.

    Parameters
    ----------
    depth : (nodes,) array of int
    ratio : (nodes,) array
        NaN and inf are left out.
    """
    known = np.isfinite(ratio)
    depth, ratio = depth[known], ratio[known]
    depths = np.flatnonzero(np.bincount(depth))
    groups = [np.sort(ratio[depth == d]) for d in depths]
    return {
        "depth": depths.tolist(),
        "count": [len(group) for group in groups],
        "quantiles": [_quantiles(group) for group in groups],
    }


def _quantiles(group: np.ndarray) -> list[float]:
    """Return quantiles of sorted numbers, linear between neighbours."""
    last, found = len(group) - 1, []
    for quantile in QUANTILES:
        place = quantile * last
        below = int(place)
        low, high = group[below], group[min(below + 1, last)]
        found.append(float(low + (high - low) * (place - below)))
    return found
