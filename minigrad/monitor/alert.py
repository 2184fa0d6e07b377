"""What a monitor says, and how it says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alert:
    """A rule that has fired.

    Attributes
    ----------
    rule : str
        Its name.
    message : str
        What was measured, beside the threshold.
    value : float
        The number that was held against the threshold.
    epoch, batch : int
        When: counted from 1; batch 0 is the end of the epoch.
    node : str
        The tree node at which it was worst, as the forest describes it; '' where there is none.
    row : int
        That node's row in its minibatch, or −1.
    op : str
        The operation at that node that lost or made it; known only under `record_gradients`.
    parameter : str
        For rules about weights, the name of the worst.
    """

    rule: str
    message: str
    value: float
    epoch: int
    batch: int
    node: str = ""
    row: int = -1
    op: str = ""
    parameter: str = ""

    def __str__(self) -> str:
        when = f"epoch {self.epoch}" + (f", minibatch {self.batch}" if self.batch else "")
        where = [self.node, self.op and f"op {self.op}", self.parameter and f"parameter {self.parameter}"]
        worst = ", ".join(part for part in where if part)
        return f"{self.rule}: {self.message} ({when}{'; worst at ' + worst if worst else ''})"


class MonitorWarning(UserWarning):
    """An alert whose action is "warn"."""


class Stop(Exception):  # noqa: N818 - it is asked for, as StopIteration is
    """An alert whose action is "stop"; `alert` is the first such."""

    def __init__(self, alert: Alert) -> None:
        super().__init__(str(alert))
        self.alert = alert
