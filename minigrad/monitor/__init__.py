"""Detection: rules that watch training and say at which node, op, epoch and minibatch it went wrong."""

from minigrad.monitor.alert import Alert, MonitorWarning, Stop
from minigrad.monitor.collapsed import Collapsed
from minigrad.monitor.dead import Dead
from minigrad.monitor.monitor import RULES, Monitor
from minigrad.monitor.not_finite import NotFinite, first_bad_node
from minigrad.monitor.observation import Observation
from minigrad.monitor.ratio import Exploding, Vanishing
from minigrad.monitor.rule import Rule, Verdict
from minigrad.monitor.saturated import Saturated
from minigrad.monitor.stalled import Stalled
from minigrad.monitor.stuck import Stuck

__all__ = [
    "RULES",
    "Alert",
    "Collapsed",
    "Dead",
    "Exploding",
    "Monitor",
    "MonitorWarning",
    "NotFinite",
    "Observation",
    "Rule",
    "Saturated",
    "Stalled",
    "Stop",
    "Stuck",
    "Vanishing",
    "Verdict",
    "first_bad_node",
]
