"""The mean of a few runs, and its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.95


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean, and half the width of its 95 % interval by Student's t; NaN for a single run.

    Raises
    ------
    ValueError
        There is no number, or one of them is not finite.
    """
    from scipy.special import stdtrit  # scipy.stats takes 0.4 s to import

    n = len(values)
    if not n or not np.isfinite(values).all():
        raise ValueError(f"an interval is that of finite numbers, at least one, not of {list(values)}")
    mean = float(np.mean(values))
    if n < 2:
        return mean, math.nan
    return mean, float(stdtrit(n - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / math.sqrt(n))


def draw_intervals(axes: Axes, runs: Mapping[Any, Sequence[float]], **look: Any) -> None:
    """Draw mean and interval of the runs' numbers at each x; `look`: of `Axes.errorbar`."""
    found = [interval(values) for values in runs.values()]
    means, margins = [mean for mean, _ in found], [margin for _, margin in found]
    axes.errorbar(list(runs), means, margins, capsize=1.6, **look)
