"""Losses and hits at every classified node, and a score that is the loss on dev."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

import minigrad as mg
import models


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
        scores = model(forest, mode)[0].data
    labels = model.labels(forest)
    return cross_entropies(scores, labels), scores.argmax(axis=1) == labels


def cross_entropies(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return ln Σ exp(s) − s_label for each row of scores (n, classes), nats, float64 (n,)."""
    shifted = scores.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    found: np.ndarray = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return found


class Exam:
    """A `score` for `fit`: measures a model after every epoch and returns e^−loss.

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
        """Measure the model; return the score."""
        self.found = self._examine(model)
        return math.exp(-self.found["dev_loss"])
