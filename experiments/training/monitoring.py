"""`minigrad.monitor` as a watcher of the training loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.loop import Epoch, Watcher
from minigrad.monitor import Alert, Monitor, Rule, Stuck

LOOK_AT_EVERY = 10  # minibatches; looking at each would cost a quarter of a step
STUCK_AFTER = 10  # of those, fewer than an epoch has


class MonitorWatcher(Watcher):
    """Shows every minibatch of `fit` to a monitor, after its update, and the mean loss of every epoch.

    Windows begin anew with each epoch, so that a run which is resumed there has the same alerts as one that
    was never cut. A rule that needs more than an epoch to see enough (`Stuck`, say) never speaks: give it a
    smaller `min_count`.

    Parameters
    ----------
    monitor : Monitor
        Where one of its rules says "stop", training ends as if it had run out of patience.
    model : TreeClassifier
    nodes : function, optional
        From a minibatch to the rows whose gradients matter, for instance `data.keyword_rows`; all if left
        out.
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
        """Show a minibatch."""
        nodes = None if self._nodes is None else self._nodes(forest)
        self.monitor.observe(states, forest, nodes=nodes, parameters=self._parameters)

    def epoch(self, epoch: Epoch) -> None:
        """Show an epoch's loss."""
        self.monitor.end_epoch(epoch.loss)
        self.monitor.restart()

    def state_dict(self) -> dict[str, Any]:
        """Return the monitor's."""
        return self.monitor.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Give the monitor its state back."""
        self.monitor.load_state_dict(state)


def quiet_monitor(every: int = LOOK_AT_EVERY, rules: Sequence[Rule] | None = None) -> Monitor:
    """Return a monitor whose alerts are kept and not shown; with all rules unless given."""
    monitor = Monitor(rules, action=_keep, every=every)
    if rules is None:
        monitor.rules = [
            Stuck(min_count=STUCK_AFTER) if isinstance(rule, Stuck) else rule for rule in monitor.rules
        ]
    return monitor


def _keep(alert: Alert) -> None:
    """Do nothing: the monitor keeps its alerts, and the epochs' rows tell them."""
