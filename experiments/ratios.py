"""Experiment 3's measure: how much of the error at the root reaches the keyword.

ratio = ‖∂J/∂x_keyword‖ / ‖∂J/∂x_root‖, where x is a node's hidden vector (the error vector after the
activation). Far below 1 the gradient vanishes, far above 1 it explodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.data import keyword_rows
from experiments.step import no_collection
from experiments.train import Epoch, Watcher


def norms(states: mg.NodeStates) -> np.ndarray:
    """Return the norm of the error vector of every node, ‖∂J/∂p‖, after backward: (number of nodes,)."""
    gradient = states["h"].grad
    if gradient is None:
        raise ValueError("the states have no gradients; call backward first")
    return np.linalg.norm(np.asarray(gradient, np.float64), axis=1)


def gradient_ratios(forest: models.Forest, states: mg.NodeStates) -> tuple[np.ndarray, np.ndarray]:
    """Return each sentence's keyword depth and gradient ratio; NaN where the root's error is zero."""
    norm, keyword = norms(states), keyword_rows(forest)
    root = norm[forest.root]
    ratio = np.divide(norm[keyword], root, out=np.full(len(root), np.nan), where=root > 0)
    return forest.depth[keyword], ratio


class RatioWatcher(Watcher):
    """Collects the gradient ratio of every training tree in every epoch.

    Attributes
    ----------
    medians : list of dict
        Per epoch, from 0, the median ratio by keyword depth.
    """

    def __init__(self) -> None:
        self.medians: list[dict[int, float]] = []
        self.counts: dict[int, int] = {}
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []

    def before_training(self, model: models.TreeClassifier, forest: models.Forest, batch: int = 500) -> None:
        """Measure epoch 0: all training trees, before the first update."""
        for start in range(0, len(forest), batch):
            part = forest.select(slice(start, start + batch))
            with no_collection():
                loss, states = model.loss(part)
                loss.backward()
                del loss
            self.batch(part, states)
        model.zero_grad()
        self._close()

    def batch(self, forest: models.Forest, states: mg.NodeStates) -> None:
        """Take the ratios of a minibatch."""
        self._seen.append(gradient_ratios(forest, states))

    def epoch(self, epoch: Epoch) -> None:
        """Reduce the epoch's ratios to medians."""
        self._close()

    def _close(self) -> None:
        depth, ratio = (np.concatenate(column) for column in zip(*self._seen, strict=True))
        self._seen = []
        self.counts = {int(d): int(n) for d, n in zip(*np.unique(depth, return_counts=True), strict=True)}
        known = np.isfinite(ratio)
        depth, ratio = depth[known], ratio[known]
        self.medians.append({int(d): float(np.median(ratio[depth == d])) for d in np.unique(depth)})

    def state_dict(self) -> dict[str, Any]:
        """Return the finished epochs' medians."""
        return {
            "medians": [{str(d): m for d, m in epoch.items()} for epoch in self.medians],
            "counts": {str(d): n for d, n in self.counts.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self.medians = [{int(d): m for d, m in epoch.items()} for epoch in state["medians"]]
        self.counts = {int(d): n for d, n in state["counts"].items()}
