"""`minigrad.monitor` as a watcher of the training loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.watcher import Epoch, Watcher
from minigrad.monitor import (
    Alert,
    Dead,
    Exploding,
    Monitor,
    NotFinite,
    Rule,
    Saturated,
    Stalled,
    Stuck,
    Vanishing,
)

LOOK_AT_EVERY = 10  # minibatches; to look at each would add a quarter to the time of a step
# The rules whose alerts stand in stored rows: with another one, the same run would have other rows.
OF_ROWS: tuple[type[Rule], ...] = (NotFinite, Vanishing, Exploding, Dead, Saturated, Stuck, Stalled)
STUCK_AFTER = 10  # observed minibatches; fewer than an epoch has


class MonitorWatcher(Watcher):
    """Passes every minibatch of `fit` to a monitor, after its update, and the mean loss of every epoch.

    The rules' windows begin anew with each epoch, so that a resumed run has the same alerts as one that was
    not interrupted. A rule that needs more minibatches than an epoch has (`Stuck`, perhaps) never fires: give
    it a smaller `min_count`.

    Parameters
    ----------
    monitor : Monitor
        If one of its rules has the action "stop", training ends there.
    model : TreeClassifier
    nodes : function, optional
        From a minibatch to the rows whose gradients matter, such as `experiments.paper.data.keyword_rows`; by
        default all.
    """

    def __init__(
        self,
        monitor: Monitor,
        model: models.TreeClassifier,
        nodes: Callable[[models.Forest], np.ndarray] | None = None,
    ) -> None:
        self.monitor = monitor
        self._parameters = dict(model.named_parameters())
        self._nodes = nodes

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Pass on a minibatch."""
        nodes = None if self._nodes is None else self._nodes(forest)
        self.monitor.observe(states, forest, nodes=nodes, parameters=self._parameters)

    def epoch(self, epoch: Epoch) -> None:
        """Pass on an epoch's loss."""
        self.monitor.end_epoch(epoch.loss)
        self.monitor.restart()

    def state_dict(self) -> dict[str, Any]:
        """Return the monitor's state."""
        return self.monitor.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the monitor's state."""
        self.monitor.load_state_dict(state)


def quiet_monitor(every: int = LOOK_AT_EVERY, rules: Sequence[Rule] | None = None) -> Monitor:
    """Return a monitor that keeps its alerts and does not show them; by default with the rules `OF_ROWS`."""
    if rules is None:
        rules = [Stuck(min_count=STUCK_AFTER) if kind is Stuck else kind() for kind in OF_ROWS]  # type: ignore[call-arg]
    return Monitor(rules, action=_keep, every=every)


def _keep(alert: Alert) -> None:
    """Do nothing: the monitor keeps its alerts, which go into the epochs' rows."""
