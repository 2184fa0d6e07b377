"""How summaries tell numbers of several runs, alerts, verdicts and tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from experiments.sweep.rows import Run

HOLDS, FAILS = "holds", "does not hold"


def verdict(holds: bool) -> str:
    """Return whether an expectation holds, in words."""
    return HOLDS if holds else FAILS


def median_range(values: Sequence[float], form: str | Callable[[float], str], between: str = " to ") -> str:
    """Return the median and, unless all look alike, the range: ``0.20 (0.10 to 0.50)``.

    Parameters
    ----------
    values : sequence of float
        At least one; with a NaN among them, all three are NaN.
    form : str or function
        A format for each, such as ``"{:.2f}"``, or what writes it, such as `two_digits`.
    between : str
        What stands between the lowest and the highest.
    """
    write = form.format if isinstance(form, str) else form
    middle, low, high = (write(float(of(values))) for of in (np.median, np.min, np.max))
    return middle if low == high else f"{middle} ({low}{between}{high})"


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


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, all columns but the first aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
