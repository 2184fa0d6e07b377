"""What a classifier makes of every node that it classifies, and when it has nothing left to learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.loop import Epoch, Watcher
from minigrad.monitor import Alert, Stop


def outcomes(
    model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cross-entropy at each classified node, and whether the most probable class is its label.

    Parameters
    ----------
    model : TreeClassifier
    forest : Forest
    mode : str
        Of the fold.

    Returns
    -------
    (n,) array of float64
        Nats: ln Σ exp(s) − s_label of the scores s, in the order of ``model.rows(forest)``.
    (n,) array of bool
    """
    with mg.no_grad():
        scores = model(forest, mode)[0].data.astype(np.float64)
    labels = model.labels(forest)
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
    return losses, scores.argmax(axis=1) == labels


class Exam:
    """Examines a model after every epoch: a `score` for `fit`, e^−loss.

    That is the geometric mean of the probabilities of what had to be said; the epoch with the lowest loss is
    the best.

    Parameters
    ----------
    examine : function of the model
        Returns what is found, "dev_loss" among it.

    Attributes
    ----------
    found : dict
        Of the last call; empty before.
    """

    def __init__(self, examine: Callable[[models.TreeClassifier], dict[str, float]]) -> None:
        self._examine = examine
        self.found: dict[str, float] = {}

    def __call__(self, model: models.TreeClassifier) -> float:
        """Examine the model."""
        self.found = self._examine(model)
        return math.exp(-self.found["dev_loss"])


class Enough(Watcher):
    """Ends training after the first epoch for which `reached` returns True.

    It ends in the next minibatch, when all watchers, in whatever order they come, have seen the epoch. The
    update of that minibatch does not count, since the best epoch's parameters are kept.

    Parameters
    ----------
    reached : function of the epoch
        Called after each.
    """

    def __init__(self, reached: Callable[[Epoch], bool]) -> None:
        self._reached = reached
        self._epoch = 0  # the one after which it is enough; 0 if there was none yet

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """End training, if it is to end."""
        if self._epoch:
            raise Stop(Alert("enough", "there is nothing left to learn", 0.0, self._epoch, 0))

    def epoch(self, epoch: Epoch) -> None:
        """Ask whether it is enough."""
        if self._reached(epoch):
            self._epoch = epoch.number

    def state_dict(self) -> dict[str, Any]:
        """Return whether it is enough."""
        return {"epoch": self._epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from there."""
        self._epoch = state["epoch"]
