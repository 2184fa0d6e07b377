"""What watches a training run: an object that is called with each minibatch and each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import minigrad as mg
import models


@dataclass(frozen=True)
class Epoch:
    """One epoch, in numbers.

    Attributes
    ----------
    number : int
        From 1.
    loss : float
        Mean over the training trees, each measured before its minibatch's update.
    dev_accuracy : float
        After the epoch, as a fraction.
    best : bool
        Whether the dev accuracy is higher than in all earlier epochs; the first epoch's is.
    lr_factor : float
        What learning rates were multiplied by at the epoch's last update, by the schedule; 1 without one.
    """

    number: int
    loss: float
    dev_accuracy: float
    best: bool
    lr_factor: float = 1.0


def best_epoch(epochs: Sequence[Epoch]) -> Epoch:
    """Return the epoch whose parameters `fit` keeps: the first with the highest dev accuracy.

    Raises
    ------
    ValueError
        If there are none: training was stopped in its first.
    """
    if not epochs:
        raise ValueError(
            "no epoch was finished, so none is the best; the parameters are those before training"
        )
    return max((epoch for epoch in epochs if epoch.best), key=lambda epoch: epoch.number)


class Watcher:
    """Is called by `fit` while it trains; override what you need.

    Attributes
    ----------
    in_checkpoint : bool
        Whether a checkpoint keeps its state. Where it does not, a run can be resumed with it or without.
    """

    in_checkpoint: ClassVar[bool] = True

    def begin(self, epochs: Sequence[Epoch]) -> None:
        """Called once before the first minibatch, with the epochs before a resumption."""

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Called after each update.

        Parameters
        ----------
        trees : (batch size,) array of int
            The numbers of the minibatch's trees among the training trees.
        forest : Forest
            The minibatch.
        states : NodeStates
            Of its nodes, with their gradients.
        """

    def epoch(self, epoch: Epoch) -> None:
        """Called after each epoch, before its checkpoint is written."""

    def state_dict(self) -> dict[str, Any]:
        """Return what the checkpoint is to keep, as JSON values."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
