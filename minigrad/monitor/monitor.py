"""The monitor: hands every minibatch to its rules, and does what is to be done when one fires."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from minigrad.fold.run import NodeStates
from minigrad.internal.table import aligned
from minigrad.monitor.alert import Alert, MonitorWarning, Stop
from minigrad.monitor.collapsed import Collapsed
from minigrad.monitor.dead import Dead
from minigrad.monitor.families import AnyTrees
from minigrad.monitor.not_finite import NotFinite
from minigrad.monitor.observation import Observation
from minigrad.monitor.ratio import Exploding, Vanishing
from minigrad.monitor.rule import Action, Rule, check_action
from minigrad.monitor.saturated import Saturated
from minigrad.monitor.stalled import Stalled
from minigrad.monitor.stuck import Stuck
from minigrad.nn import Parameter, StateError
from minigrad.tensor import Tensor

RULES: dict[str, type[Rule]] = {
    rule.name: rule for rule in (NotFinite, Vanishing, Exploding, Dead, Saturated, Stuck, Stalled, Collapsed)
}


class Monitor:
    """Watches training for what goes wrong in recursive networks.

    Call `observe` after each ``loss.backward()``, whatever the fold's mode. Under `record_gradients`, in the
    modes "node" and "level", alerts also name an operation.

    Parameters
    ----------
    rules : sequence of Rule, optional
        All of `RULES` with their own thresholds if left out.
    action : "warn", "stop" or a function of the alert
        For rules that have none of their own: a `MonitorWarning`, the exception `Stop` (which
        `experiments.training.loop.fit` takes for the end of training), or a call.
    every : int
        Only every so many-th minibatch is looked at, the first one included.

    Attributes
    ----------
    alerts : list of Alert
        All so far.
    epoch, batch : int
        The epoch under way and its last minibatch, counted from 1.
    """

    def __init__(self, rules: Sequence[Rule] | None = None, action: Action = "warn", every: int = 1) -> None:
        self.rules = [rule() for rule in RULES.values()] if rules is None else list(rules)  # type: ignore[call-arg]
        if not all(isinstance(rule, Rule) for rule in self.rules):
            raise TypeError(f"rules are instances such as Vanishing(), not {self.rules!r}")
        check_action(action)
        if every < 1:
            raise ValueError(f"{every=} has to be at least 1")
        self.action, self.every = action, every
        self.alerts: list[Alert] = []
        self.epoch, self.batch = 1, 0

    def observe(
        self,
        states: NodeStates | None = None,
        forest: AnyTrees | None = None,
        *,
        nodes: Any = None,
        loss: Tensor | float | None = None,
        parameters: Mapping[str, Parameter] | None = None,
    ) -> list[Alert]:
        """Look at a minibatch after backward; a rule passes over what it is not given.

        Parameters
        ----------
        states, forest
            What `fold` returned and was given: for the rules about nodes.
        nodes : rows, optional
            The nodes whose gradients matter, for instance the keywords; all if left out.
        loss : tensor or float, optional
            For Stalled, Collapsed and NotFinite. A tensor whose backward ran under `record_gradients` lets
            alerts name an op.
        parameters : {name: Parameter}, optional
            ``dict(model.named_parameters())``: for Stuck, Collapsed and NotFinite.

        Returns
        -------
        list of Alert
            Those of this minibatch.

        Raises
        ------
        Stop
            If an alert's action is "stop"; after all rules have looked.
        ValueError
            If states are given without a forest, or have no gradients.
        """
        self.batch += 1
        if (self.batch - 1) % self.every:
            return []
        if states is not None and forest is None:
            raise ValueError("observe: states come with the forest that they belong to")
        rows = None if nodes is None else np.asarray(nodes, np.intp)
        graph = loss.node if isinstance(loss, Tensor) else None
        loss = None if loss is None else float(loss)
        return self._look(Observation(self.epoch, self.batch, states, forest, rows, loss, parameters, graph))

    def end_epoch(self, loss: float | None = None) -> list[Alert]:
        """Count an epoch; Stalled and Collapsed look at its mean loss, if it is given.

        Returns and raises as `observe`.
        """
        try:
            return [] if loss is None else self._look(Observation(self.epoch, 0, loss=float(loss)))
        finally:
            self.epoch, self.batch = self.epoch + 1, 0

    def restart(self) -> None:
        """Have all rules begin a window: what a monitor does that takes back a state."""
        for rule in self.rules:
            rule.restart()

    def _look(self, seen: Observation) -> list[Alert]:
        fired = [(rule, alert) for rule in self.rules if (alert := rule.look(seen)) is not None]
        stop = None
        for rule, alert in fired:
            self.alerts.append(alert)
            action = self.action if rule.action is None else rule.action
            if callable(action):
                action(alert)
            elif action == "warn":
                warnings.warn(str(alert), MonitorWarning, stacklevel=3)
            else:
                stop = stop or alert
        if stop is not None:
            raise Stop(stop)
        return [alert for _, alert in fired]

    def report(self) -> str:
        """Return a line per rule: how often it judged, its last number, the threshold, its alerts."""
        rows = [("rule", "verdicts", "last", "threshold", "alerts")]
        for rule in self.rules:
            last = "not enough seen" if rule.value is None else f"{rule.value:.3g}"
            count = sum(alert.rule == rule.name for alert in self.alerts)
            rows.append((rule.name, str(rule.verdicts), last, f"{rule.threshold:g}", str(count)))
        return "\n".join(aligned(rows))

    def state_dict(self) -> dict[str, Any]:
        """Return alerts, verdicts and the epoch, as JSON values, without windows that are open."""
        return {
            "epoch": self.epoch,
            "alerts": [asdict(alert) for alert in self.alerts],
            "rules": [{"name": rule.name, **rule.state_dict()} for rule in self.rules],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned.

        Raises
        ------
        StateError
            If it is that of other rules.
        """
        if [rule["name"] for rule in state["rules"]] != [rule.name for rule in self.rules]:
            raise StateError("the monitor's state belongs to other rules")
        self.epoch, self.batch = state["epoch"], 0
        self.alerts = [Alert(**alert) for alert in state["alerts"]]
        for rule, kept in zip(self.rules, state["rules"], strict=True):
            rule.load_state_dict(kept)
