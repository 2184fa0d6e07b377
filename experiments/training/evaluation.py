"""How often a classifier is right."""

from __future__ import annotations

import math

import numpy as np

import models


def accuracy(
    model: models.TreeClassifier, forest: models.Forest, batch: int = 500, mode: str = "compiled"
) -> float:
    """Return the fraction of classified nodes whose most probable class is their label; dropout is off."""
    return float(hits(model, forest, batch, mode).mean())


MAJORITY = "always the most frequent class"  # what tables call it


def majority_accuracy(train: np.ndarray, labels: np.ndarray) -> float:
    """Return how often it is right to answer the most frequent class always.

    Parameters
    ----------
    train : (n,) array of int or bool
        The labels of which the class is the most frequent one, the lowest of equals.
    labels : (m,) array of int or bool
        The right answers; NaN if there are none.
    """
    values, counts = np.unique(train, return_counts=True)
    return float(np.mean(labels == values[counts.argmax()])) if len(labels) and len(train) else math.nan


def hits(
    model: models.TreeClassifier, forest: models.Forest, batch: int = 500, mode: str = "compiled"
) -> np.ndarray:
    """Return for each classified node whether its most probable class is its label; dropout is off."""
    training = model.training
    model.eval()
    try:
        parts = (forest.select(slice(start, start + batch)) for start in range(0, len(forest), batch))
        found = [model.predict(part, mode) == model.labels(part) for part in parts if len(model.rows(part))]
    finally:
        model.train(training)
    return np.concatenate([np.zeros(0, bool), *found])
