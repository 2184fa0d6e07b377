"""A model at every epoch of its training, and one sentence to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

import models
from experiments.training.loop import Epoch, Watcher
from experiments.training.ratios import Rows
from viz import gradient_norms


class Snapshots(Watcher):
    """Keeps a model's parameters after every epoch."""

    def __init__(self, model: models.TreeClassifier) -> None:
        self.model = model
        self.accuracies: list[float] = []
        self._states: list[dict[str, np.ndarray]] = []

    def epoch(self, epoch: Epoch) -> None:
        """Keep the epoch's parameters and dev accuracy."""
        self.accuracies.append(epoch.dev_accuracy)
        self._states.append(self.model.state_dict())

    @contextmanager
    def at(self, epoch: int) -> Iterator[models.TreeClassifier]:
        """Lend the model with the parameters it had after an epoch, or after its last if there were fewer."""
        now = self.model.state_dict()
        self.model.load_state_dict(self._states[min(epoch, len(self._states)) - 1])
        try:
            yield self.model
        finally:
            self.model.load_state_dict(now)

    def steepest(self, before: float) -> int:
        """Return the epoch in which the dev accuracy rose most; `before`: what it was before training."""
        return int(np.argmax(np.diff([before, *self.accuracies]))) + 1

    def norms(self, epoch: int, forest: models.Forest, mode: str = "level") -> np.ndarray:
        """Return the gradient norm of every node, ‖∂J/∂p‖, with the parameters after an epoch."""
        with self.at(epoch) as model:
            return gradient_norms(model, forest, mode)


def typical_sentence(
    snapshots: Mapping[str, Snapshots],
    epoch: int,
    forest: models.Forest,
    words: Rows,
    depth: int = 6,
    leaves: int = 16,
) -> models.Forest:
    """Choose a sentence to draw under several models, on one scale.

    Among those with at most so many leaves and a word at least this deep (where there are any), the
    one whose gradient ratios are nearest to the median in all models, and whose root gradients are of one
    size: from a common start the colours further down compare how the models carry the gradient, not how
    sure of the class they are.

    Parameters
    ----------
    snapshots : mapping from a model's name to its snapshots
    epoch : int
        Whose parameters the models have.
    forest : Forest
        To choose from.
    words : function of a forest
        Gives the row of one word in each sentence: `experiments.paper.data.keyword_rows`, for instance.
    depth, leaves : int
    """
    nodes = np.diff(forest.root, prepend=-1)
    suitable = np.flatnonzero((forest.depth[words(forest)] >= depth) & (nodes < 2 * leaves))
    candidates = forest.select(suitable if len(suitable) else slice(None))
    norm = np.array([model.norms(epoch, candidates) for model in snapshots.values()])
    norm = np.log(np.maximum(norm, np.finfo(np.float64).tiny))
    root = norm[:, candidates.root]
    ratio = norm[:, words(candidates)] - root
    untypical = np.abs(ratio - np.median(ratio, axis=1, keepdims=True)).sum(axis=0)
    return candidates.select([int(np.argmin(untypical + np.ptp(root, axis=0)))])
