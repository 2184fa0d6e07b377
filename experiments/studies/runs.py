"""Finished runs by their settings; lines and tables of their numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from experiments.sweep import Run
from experiments.sweep.wording import median_range, table
from viz import Line

Runs: TypeAlias = Sequence[Run]
Number: TypeAlias = str | Callable[[Run], float]  # a run's: a name in its result, or a function of the run


def chosen(runs: Iterable[Run], **settings: Any) -> list[Run]:
    """Return the runs that have these settings."""
    return [run for run in runs if all(run.settings[name] == value for name, value in settings.items())]


def values(runs: Iterable[Run], name: str) -> list[Any]:
    """Return the values of a setting that these runs have, each once, ascending."""
    return sorted({run.settings[name] for run in runs})


def by(runs: Runs, name: str, first: Iterable[Any] = ()) -> dict[Any, list[Run]]:
    """Return the runs by the value of a setting: those of `first` that occur in its order, then others."""
    found = {
        value: chosen(runs, **{name: value}) for value in (*first, *(run.settings[name] for run in runs))
    }
    return {value: members for value, members in found.items() if members}


def fired(run: Run) -> set[str]:
    """Return the rules of the monitor that raised an alert in a run."""
    return {alert["rule"] for row in run.rows for alert in row["alerts"]}


def number(run: Run, of: Number) -> float:
    """Return a number of a run: of its result, by its name there, or what a function returns."""
    return float(run.result[of] if isinstance(of, str) else of(run))


def median_table(runs: Runs, rows: str, columns: str, of: Number, form: str) -> str:
    """Return a Markdown table of medians and ranges by two settings; a dash where there is no run."""
    at = values(runs, columns)
    cells = [[str(row)] for row in by(runs, rows)]
    for line, own in zip(cells, by(runs, rows).values(), strict=True):
        found = [[number(run, of) for run in chosen(own, **{columns: k})] for k in at]
        line += [median_range(numbers, form) if numbers else "–" for numbers in found]
    return table([rows, *map(str, at)], cells)


def line(runs: Runs, x: str, y: Number) -> Line:
    """Return a line over a setting: its k-th run is run k at every x; NaN where there is none."""
    found = {(run.settings["run"], run.settings[x]): number(run, y) for run in runs}
    at = values(runs, x)
    return Line(at, [[found.get((k, place), math.nan) for place in at] for k in values(runs, "run")])


def lines(runs: Mapping[Any, Runs], x: str, y: Number) -> dict[str, Line]:
    """Return a `line` for each of several kinds of runs, such as `by` returns."""
    return {str(name): line(members, x, y) for name, members in runs.items()}


def positive(line: Line) -> Line:
    """Return a line for a logarithmic axis: with NaN where it is not positive."""
    return Line(line.x, [[y if y > 0 else math.nan for y in run] for run in line.runs], line.counts)


def epochs(
    runs: Runs,
    y: Callable[[dict[str, Any]], float],
    keep_last: bool = False,
    count: Callable[[dict[str, Any]], int] | None = None,
) -> Line:
    """Return a line over the epochs; after a run's last epoch it has NaN, or the last value.

    `count` gives the number of trees behind a value.
    """
    found = [[y(row) for row in run.rows] for run in runs]
    longest = max(runs, key=lambda run: len(run.rows)).rows
    padded = [line + [line[-1] if keep_last else math.nan] * (len(longest) - len(line)) for line in found]
    counts = [] if count is None else [[count(row) for row in run.rows] for run in runs]
    fewest = [min(of) for of in zip_longest(*counts, fillvalue=sys.maxsize)]
    return Line([row["epoch"] for row in longest], padded, fewest)
