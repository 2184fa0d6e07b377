"""What all rules share: a window of observations, a verdict on it, and patience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


class Rule:
    """Collects until it has seen enough, judges, and speaks up when it was bad often enough in a row.

    It speaks once, and again only after a verdict that was good: a condition that lasts does not flood the
    screen.

    A rule of your own overrides `collect` and `judge`.

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

    name = ""

    def __init__(self, threshold: float, min_count: int, patience: int, action: Action | None = None) -> None:
        if not threshold >= 0:
            raise ValueError(f"{self.name}: threshold is {threshold}; it can't be negative")
        if min_count < 1 or patience < 1:
            raise ValueError(f"{self.name}: {min_count=} and {patience=} have to be at least 1")
        check_action(action)
        self.threshold, self.min_count, self.patience = threshold, min_count, patience
        self.action = action
        self.verdicts = 0
        self.value: float | None = None
        self._strikes = 0

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


def check_action(action: Any) -> None:
    """Raise ValueError unless an action is one."""
    if not (action is None or action in ("warn", "stop") or callable(action)):
        raise ValueError(f"an action is 'warn', 'stop' or a function of the alert, not {action!r}")
