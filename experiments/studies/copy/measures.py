"""How well a model copies: its loss per position, and how many symbols it says again."""

from __future__ import annotations

import math
from typing import Any

import models
from experiments.studies.outcomes import outcomes

AT_ONCE = 100  # sequences; more no longer fit the processor's cache


def loss_and_recall(
    model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled"
) -> tuple[float, float]:
    """Return the mean cross-entropy per position, in nats, and the fraction of symbols that are said right.

    Parameters
    ----------
    model : TreeClassifier
    forest : Forest
        From `task.sequences`; its last class is the blank, which doesn't count as a symbol.
    mode : str
        Of the fold.
    """
    blank = model.classes - 1
    total, right, symbols, positions = 0.0, 0, 0, 0
    for start in range(0, len(forest), AT_ONCE):
        part = forest.select(slice(start, start + AT_ONCE))
        losses, hits = outcomes(model, part, mode)
        symbol = model.labels(part) != blank
        total, right = total + float(losses.sum()), right + int(hits[symbol].sum())
        symbols, positions = symbols + int(symbol.sum()), positions + len(losses)
    return total / positions, right / symbols


class Exam:
    """A model's loss and recall on dev, once per epoch; a `score` for `fit`.

    The score is e^−loss, the geometric mean of the probabilities of what had to be said: the epoch with the
    lowest loss is the best.

    Attributes
    ----------
    loss, recall : float
        Of the last call; NaN before.
    """

    def __init__(self, dev: models.Forest, mode: str) -> None:
        self._dev, self._mode = dev, mode
        self.loss = self.recall = math.nan

    def __call__(self, model: models.TreeClassifier) -> float:
        """Examine the model."""
        self.loss, self.recall = loss_and_recall(model, self._dev, self._mode)
        return math.exp(-self.loss)

    def row(self, epoch: int) -> dict[str, Any]:
        """Return what the last call found, for the epoch's row."""
        return {"dev_loss": self.loss, "dev_recall": self.recall}
