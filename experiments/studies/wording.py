"""How summaries tell numbers of several runs, alerts and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from experiments.sweep import Run


def median_range(values: Sequence[float], form: str) -> str:
    """Return the median and, unless all look alike, the range: ``0.20 (0.10 to 0.50)``.

    Parameters
    ----------
    values : sequence of float
        At least one.
    form : str
        A format for each, such as ``"{:.2f}"``.
    """
    low, middle, high = (form.format(v) for v in (min(values), float(np.median(values)), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def alerts_in_words(runs: Sequence[Run]) -> str:
    """Return how often each rule of the monitor fired in all the runs: ``vanishing ×3``."""
    counts = Counter(alert["rule"] for run in runs for row in run.rows for alert in row["alerts"])
    return ", ".join(f"{rule} ×{n}" for rule, n in sorted(counts.items())) or "none"


def verdict(holds: bool) -> str:
    """Return whether an expectation holds, in words."""
    return "holds" if holds else "does not hold"
