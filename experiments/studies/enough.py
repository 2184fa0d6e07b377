"""The end of a training that has nothing left to learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.loop import Epoch, Watcher
from minigrad.monitor import Alert, Stop


class Enough(Watcher):
    """Ends training after the first epoch for which `reached` returns True.

    Not at once, but in the next minibatch: all that look on, whoever comes first among them, have seen the
    epoch by then. The update of that minibatch doesn't count, for the best epoch's parameters are what stays.

    Parameters
    ----------
    reached : function
        Called after each epoch.
    """

    def __init__(self, reached: Callable[[], bool]) -> None:
        self._ask = reached
        self._epoch = 0  # the one after which it is enough; 0 if there was none yet

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """End training, if it is to end."""
        if self._epoch:
            raise Stop(Alert("enough", "there is nothing left to learn", 0.0, self._epoch, 0))

    def epoch(self, epoch: Epoch) -> None:
        """Ask whether it is enough."""
        if self._ask():
            self._epoch = epoch.number

    def state_dict(self) -> dict[str, Any]:
        """Return whether it is enough."""
        return {"epoch": self._epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._epoch = state["epoch"]
