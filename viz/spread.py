"""What a handful of runs says: best, quartiles, and where the mean of all possible runs lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Spread:
    """Summary of some runs' numbers.

    Attributes
    ----------
    lowest, lower, median, upper, best : float
        Minimum, quartiles and maximum.
    mean, margin : float
        The mean, and half the width of its 95 % interval by Student's t; NaN for a single run.
    """

    lowest: float
    lower: float
    median: float
    upper: float
    best: float
    mean: float
    margin: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise at least one number.

        Raises
        ------
        ValueError
            There is none, or one of them is not finite.
        """
        if not len(values) or not np.isfinite(values).all():
            raise ValueError(f"a spread is that of finite numbers, at least one, not of {list(values)}")
        low, lower, median, upper, high = (float(q) for q in np.percentile(values, [0, 25, 50, 75, 100]))
        return cls(low, lower, median, upper, high, float(np.mean(values)), _margin(values))

    def box(self) -> dict[str, float | list[float]]:
        """Return the box that `Axes.bxp` draws: quartiles, and whiskers to the extremes."""
        return {
            "whislo": self.lowest,
            "q1": self.lower,
            "med": self.median,
            "q3": self.upper,
            "whishi": self.best,
            "fliers": [],
        }


def _margin(values: Sequence[float]) -> float:
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return math.nan
    return float(t.ppf((1 + LEVEL) / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
