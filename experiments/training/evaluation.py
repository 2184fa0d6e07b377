"""How often a classifier is right."""

from __future__ import annotations

import numpy as np

import models


def accuracy(
    model: models.TreeClassifier, forest: models.Forest, batch: int = 500, mode: str = "compiled"
) -> float:
    """Return the fraction of classified nodes whose most probable class is their label; dropout is off."""
    return float(hits(model, forest, batch, mode).mean())


def hits(
    model: models.TreeClassifier, forest: models.Forest, batch: int = 500, mode: str = "compiled"
) -> np.ndarray:
    """Return for each classified node whether its most probable class is its label; dropout is off."""
    training = model.training
    model.eval()
    try:
        found = [
            model.predict(part, mode) == model.labels(part)
            for part in (forest.select(slice(start, start + batch)) for start in range(0, len(forest), batch))
        ]
    finally:
        model.train(training)
    return np.concatenate(found)
