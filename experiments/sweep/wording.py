"""How summaries tell numbers of several runs, alerts, verdicts and tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from experiments.sweep.rows import Run

Form = str | Callable[[float], str]
HOLDS, PARTLY, FAILS = "holds", "partly", "does not hold"


def verdict(holds: bool, partly: bool = False) -> str:
    """Return whether an expectation holds, or does so partly, in words."""
    return HOLDS if holds else PARTLY if partly else FAILS


def median_range(values: Sequence[float], form: Form, between: str = " to ") -> str:
    """Return the median and, unless all look alike, the range: ``0.20 (0.10 to 0.50)``.

    Parameters
    ----------
    values : sequence of float
        At least one; with a NaN among them, all three are NaN.
    form : str or function
        A format for each, such as ``"{:.2f}"``, or what writes it, such as `two_digits`.
    between : str
        What is put between the lowest and the highest.
    """
    middle, low, high = (_written(of(values), form) for of in (np.median, np.min, np.max))
    return middle if low == high else in_range(float(np.median(values)), values, form, between)


def in_range(value: float, values: Sequence[float], form: Form, between: str = " to ") -> str:
    """Return a value and the range of those that it was chosen from: ``0.20 (0.10 to 0.50)``."""
    shown, low, high = (_written(number, form) for number in (value, np.min(values), np.max(values)))
    return f"{shown} ({low}{between}{high})"


def _written(value: float, form: Form) -> str:
    return form.format(float(value)) if isinstance(form, str) else form(float(value))


def two_digits(value: float) -> str:
    """Return a number with two significant digits; a dash for NaN, which stands for unknown."""
    return "–" if math.isnan(value) else f"{value:.2g}"


def listed(names: Iterable[str]) -> str:
    """Return names with commas."""
    return ", ".join(names) or "none"


def alerts_in_words(runs: Sequence[Run]) -> str:
    """Return how often each rule of the monitor fired in all the runs: ``vanishing ×3``."""
    counts = Counter(alert["rule"] for run in runs for row in run.rows for alert in row["alerts"])
    return listed(f"{rule} ×{n}" for rule, n in sorted(counts.items()))


def whose(runs: Sequence[Run], cells: Iterable[str], data: str, out: Path) -> str:
    """Return in words whose rows a figure shows: runs of which cells, on what, where, and by which code.

    Parameters
    ----------
    runs : sequence of Run
    cells : iterable of str
    data : str
        What they were trained on.
    out : Path
        The folder of the rows.
    """
    commits = sorted({about["commit"] for run in runs for about in run.environments if about.get("commit")})
    code = f"{len(commits)} commits" if len(commits) > 3 else f"commit {', '.join(commits) or 'unknown'}"
    return f"{counted(len(runs))} of {listed(cells)} on {data}; rows in {out.name}, made by {code}"


def counted(runs: int) -> str:
    """Return how many runs there are: ``1 run``, ``5 runs``."""
    return "1 run" if runs == 1 else f"{runs} runs"


def percent_range(shares: Sequence[float]) -> str:
    """Return `median_range` of shares in percent, with a decimal: ``98.2 (97.0 to 99.1)``."""
    return median_range([100 * share for share in shares], "{:.1f}")


def table(head: str | Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table.

    Parameters
    ----------
    head : str or sequence of str
        Its first two lines in Markdown; or the names of the columns, of which all but the first are then
        aligned to the right.
    rows : iterable of sequences of str
    """
    if not isinstance(head, str):
        head = f"| {' | '.join(head)} |\n| --- |{' ---: |' * (len(head) - 1)}"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])
