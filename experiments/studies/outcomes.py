"""What a classifier makes of every node that it classifies: its loss there, and whether it is right."""

from __future__ import annotations

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
        scores = model(forest, mode)[0].data.astype(np.float64)
    labels = model.labels(forest)
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
    return losses, scores.argmax(axis=1) == labels
