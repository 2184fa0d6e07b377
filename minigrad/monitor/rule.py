"""What rules share: a window of observations, a verdict on it, patience; and, of some, the worst node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from minigrad.monitor.alert import Alert
from minigrad.monitor.observation import Observation

Action = str | Callable[[Alert], object]


@dataclass(frozen=True)
class Verdict:
    """A window's number, whether it is bad, and what to say if it is. Fields as in `Alert`."""

    bad: bool
    value: float
    message: str = ""
    node: str = ""
    row: int = -1
    op: str = ""
    parameter: str = ""


@dataclass(eq=False)
class Rule:
    """Collects until it has seen enough, judges, and speaks up when it was bad often enough in a row.

    It speaks once, and again only after a verdict that was good: a condition that lasts does not flood the
    screen.

    A rule of your own overrides `collect` and `judge`, and `restart` if it keeps a window open.

    Parameters
    ----------
    threshold : float
        What the window's number is held against.
    min_count : int
        How many observations (of what, says the rule) a verdict takes.
    patience : int
        How many bad verdicts in a row an alert takes.
    action : "warn", "stop", a function of the alert, or None
        None leaves it to the monitor.

    Attributes
    ----------
    name : str
    verdicts : int
        How many windows were judged; 0 means that the rule has not yet seen enough to say anything.
    value : float or None
        The last window's number.
    """

    name: ClassVar[str] = ""
    threshold: float
    min_count: int
    patience: int
    action: Action | None = None

    def __post_init__(self) -> None:
        min_count, patience = self.min_count, self.patience
        if not self.threshold >= 0:
            raise ValueError(f"{self.name}: threshold is {self.threshold}; it can't be negative")
        if min_count < 1 or patience < 1:
            raise ValueError(f"{self.name}: {min_count=} and {patience=} have to be at least 1")
        check_action(self.action)
        self.verdicts = 0
        self.value: float | None = None
        self._strikes = 0
        self.restart()

    def collect(self, seen: Observation) -> int:
        """Add an observation to the window; return how much the window holds."""
        raise NotImplementedError

    def judge(self) -> Verdict:
        """Judge the window and empty it."""
        raise NotImplementedError

    def restart(self) -> None:
        """Empty the window unjudged; a rule that keeps none open has nothing to do."""

    def look(self, seen: Observation) -> Alert | None:
        """Take in an observation; return an alert if that was one too many."""
        if self.collect(seen) < self.min_count:
            return None
        verdict = self.judge()
        self.verdicts += 1
        self.value = verdict.value
        self._strikes = self._strikes + 1 if verdict.bad else 0
        if self._strikes != self.patience:
            return None
        return Alert(
            self.name, verdict.message, verdict.value, seen.epoch, seen.batch,
            verdict.node, verdict.row, verdict.op, verdict.parameter,
        )  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        """Return verdicts so far, as JSON values. A window that is open is not among them: see `restart`."""
        return {"verdicts": self.verdicts, "value": self.value, "strikes": self._strikes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self.verdicts, self.value, self._strikes = state["verdicts"], state["value"], state["strikes"]


@dataclass(eq=False)
class NodeRule(Rule):
    """A rule about a state part of tree nodes: `min_count` counts those, and an alert names the worst.

    Parameters
    ----------
    part : str, optional
        The state part; the first if left out.
    """

    part: str | None = None

    def restart(self) -> None:
        """Empty the window unjudged."""
        self._count = 0
        self._worst: tuple[float, Observation, int] | None = None

    def collect(self, seen: Observation) -> int:
        """Add the minibatch's nodes."""
        if seen.states is not None and seen.forest is not None:
            self._count += self._add(seen)
        return self._count

    def _add(self, seen: Observation) -> int:
        """Add the nodes of an observation; return how many."""
        raise NotImplementedError

    def _remember(
        self, seen: Observation, rows: np.ndarray, values: np.ndarray, largest: bool = True
    ) -> None:
        """Keep the node with the largest value, or the smallest."""
        if len(rows):
            k = int(values.argmax() if largest else values.argmin())
            if self._worst is None or (values[k] > self._worst[0]) == largest:
                self._worst = float(values[k]), seen, int(rows[k])

    def _verdict(self, bad: bool, value: float, message: str, stretched: bool) -> Verdict:
        """Return a verdict that names the worst node, and the op that stretched or shrank the cotangent."""
        assert self._worst is not None
        _, seen, row = self._worst
        self.restart()
        node, op = (seen.describe(row), seen.op_at(row, stretched)) if bad else ("", "")
        return Verdict(bad, value, message, node, row, op)


def check_action(action: Any) -> None:
    """Raise ValueError unless an action is one."""
    if not (action is None or action in ("warn", "stop") or callable(action)):
        raise ValueError(f"an action is 'warn', 'stop' or a function of the alert, not {action!r}")
