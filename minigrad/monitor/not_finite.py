"""NaN and inf: where they came first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.monitor.observation import Observation
from minigrad.monitor.rule import Rule, Verdict


@dataclass(eq=False)
class NotFinite(Rule):
    """The loss, a state, a gradient or a weight is NaN or inf.

    It names the first cause it can see: bad values before bad gradients; of values the node nearest to the
    leaves, since forward goes upwards; of gradients the node nearest to the root; the op at which backward
    first met one, where it was recorded.

    Parameters
    ----------
    threshold : float
        So many elements that are not finite are let pass.
    min_count, patience, action
        As in `Rule`; `min_count` counts minibatches, of which the last is judged.
    """

    name = "not finite"

    threshold: float = 0
    min_count: int = 1
    patience: int = 1

    def restart(self) -> None:
        """Empty the window unjudged."""
        self._count = 0
        self._seen: Observation | None = None

    def collect(self, seen: Observation) -> int:
        """Keep the last observation."""
        self._seen = seen
        self._count += 1
        return self._count

    def judge(self) -> Verdict:
        """Look for the first thing that is not finite."""
        seen, self._seen, self._count = self._seen, None, 0
        assert seen is not None
        for what, count, row, parameter in findings(seen):
            if count > self.threshold:
                node = seen.describe(row) if row >= 0 else ""
                return Verdict(True, count, what, node, row, seen.first_bad_op(), parameter)
        return Verdict(False, 0.0)


def first_bad_node(seen: Observation) -> str:
    """Return which node is the first, from the leaves upwards, whose state is NaN or inf; '' if none is."""
    rows = [row for part in seen.states or () for _, _, row, _ in _findings("", seen.values(part), 0)]
    return seen.describe(min(rows)) if rows else ""


Finding = tuple[str, int, int, str]  # text, number of elements, row or −1, parameter or ''


def findings(seen: Observation) -> Iterator[Finding]:
    """Yield what is not finite, causes first."""
    for part in seen.states or ():
        yield from _findings(f"the states {part}", seen.values(part), 0)
    if seen.loss is not None and not math.isfinite(seen.loss):
        yield f"the loss is {seen.loss}", 1, -1, ""
    yield from _gradients(seen)
    for name, parameter in (seen.parameters or {}).items():
        g = parameter.grad  # of a table only what was read can have changed
        values = parameter.data[g.rows] if isinstance(g, SparseRows) else parameter.data
        yield from _findings("a parameter", values, parameter=name)


def _gradients(seen: Observation) -> Iterator[Finding]:
    found: list[Finding] = []
    for name, parameter in (seen.parameters or {}).items():
        g = parameter.grad
        if g is not None:
            values = g.values if isinstance(g, SparseRows) else g
            found += _findings("a parameter's gradient", values, parameter=name)
    if seen.states is not None and (found or not seen.parameters):
        for part in seen.states:
            if seen.states[part].grad is not None:
                yield from _findings(f"∂J/∂{part}", seen.gradient(part), -1)
    yield from found


def _findings(of: str, x: np.ndarray, which: int | None = None, parameter: str = "") -> list[Finding]:
    """Return what to say of an array that is not finite; `which` of its bad rows is named, if any."""
    count = bad_elements(x)
    if not count:
        return []
    row = -1 if which is None else int(np.flatnonzero(~np.isfinite(x).all(axis=1))[which])
    return [(f"{count} elements of {of} are not finite", count, row, parameter)]


def bad_elements(x: np.ndarray) -> int:
    """Return how many elements are NaN or inf."""
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(kernels.squared_norm(x)):  # one pass without a copy; squares of float64 may overflow
            return 0
    return int(np.count_nonzero(~np.isfinite(x)))
