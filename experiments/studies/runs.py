"""Finished runs by their settings, and lines through their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from experiments.sweep import Run
from viz import Line


def chosen(runs: Iterable[Run], **settings: Any) -> list[Run]:
    """Return the runs that have these settings."""
    return [run for run in runs if all(run.settings[name] == value for name, value in settings.items())]


def values(runs: Iterable[Run], name: str) -> list[Any]:
    """Return the values of a setting that these runs have, each once, ascending."""
    return sorted({run.settings[name] for run in runs})


def by(runs: Sequence[Run], name: str, first: Iterable[Any] = ()) -> dict[Any, list[Run]]:
    """Return the runs by the value of a setting: those of `first` that occur in its order, then others."""
    found = {
        value: chosen(runs, **{name: value}) for value in (*first, *(run.settings[name] for run in runs))
    }
    return {value: members for value, members in found.items() if members}


def fired(run: Run) -> set[str]:
    """Return the rules of the monitor that raised an alert in a run."""
    return {alert["rule"] for row in run.rows for alert in row["alerts"]}


def line(runs: Sequence[Run], x: str, y: Callable[[Run], float]) -> Line:
    """Return a line over a setting: its k-th run is run k at every x; NaN where there is none."""
    found = {(run.settings["run"], run.settings[x]): y(run) for run in runs}
    at = values(runs, x)
    return Line(
        at, [[found.get((number, place), math.nan) for place in at] for number in values(runs, "run")]
    )


def lines(runs: Mapping[str, Sequence[Run]], x: str, y: Callable[[Run], float]) -> dict[str, Line]:
    """Return a `line` for each of several kinds of runs, such as `by` returns."""
    return {name: line(members, x, y) for name, members in runs.items()}


def positive(line: Line) -> Line:
    """Return a line without what a logarithmic axis has no place for: NaN in place of zeros."""
    return Line(line.x, [[y if y > 0 else math.nan for y in run] for run in line.runs])


def epochs(runs: Sequence[Run], y: Callable[[dict[str, Any]], float], keep_last: bool = False) -> Line:
    """Return a line over the epochs; after its last a run has NaN, or keeps its last value."""
    found = [[y(row) for row in run.rows] for run in runs]
    longest = max(runs, key=lambda run: len(run.rows)).rows
    padded = [line + [line[-1] if keep_last else math.nan] * (len(longest) - len(line)) for line in found]
    return Line([row["epoch"] for row in longest], padded)
