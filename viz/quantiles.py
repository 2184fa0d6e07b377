"""Quantiles of several runs: bands, every run's median, and the medians over the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from viz.few import entry, hollow
from viz.page import sample

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

UNKNOWN = (math.nan,) * 5

_OUTER, _INNER = 0.18, 0.35  # opacity of the bands
_BOTH = 1 - (1 - _OUTER) * (1 - _INNER)  # where one lies over the other


def middle(tables: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the element-wise median of tables, ignoring NaN; NaN where all are."""
    stacked = np.stack(tables)
    result = np.full(stacked.shape[1:], math.nan)
    known = ~np.isnan(stacked).all(axis=0)
    result[known] = np.nanmedian(stacked[:, known], axis=0)
    return result


def draw_quantiles(
    axes: Axes,
    x: Sequence[int],
    tables: Sequence[npt.NDArray[np.float64]],
    counts: Sequence[int],
    colour: str,
    marker: float,
) -> None:
    """Draw the median over the runs of each quantile, and the runs' medians as thin lines.

    Parameters
    ----------
    axes : matplotlib axes
    x : sequence of int
    tables : sequence of arrays (len(x), 5)
        Of every run, for every x the quantiles at 5, 25, 50, 75 and 95 %.
    counts : sequence of int
        How many trees there are at every x: where they are few, the median is hollow.
    colour : str
    marker : float
        Size of the markers of the median, in points.
    """
    low, lower, median, upper, high = middle(tables).T
    axes.fill_between(x, low, high, color=colour, alpha=_OUTER, linewidth=0, zorder=2)
    axes.fill_between(x, lower, upper, color=colour, alpha=_INNER, linewidth=0, zorder=2)
    for table in tables:
        axes.plot(x, table[:, 2], color=colour, linewidth=0.5, zorder=3)
    axes.plot(x, median, "-o", color=colour, markersize=marker, zorder=4)
    hollow(axes, x, median, counts, colour, marker)


def quantile_entries(what: str, colour: str, runs: int, marker: float, few: bool) -> list[Artist]:
    """Return the legend's entries for it; `what`: the number whose median is drawn, in words."""
    from matplotlib.patches import Patch

    each = f"; thin: each of {runs} runs" if runs > 1 else ""
    return [
        sample(f"median{what}{each}", colour, marker="o", markersize=marker),
        Patch(facecolor=colour, alpha=_BOTH, label="25 to 75 %"),
        Patch(facecolor=colour, alpha=_OUTER, label="5 to 95 %"),
        *([entry(colour, marker)] if few else []),
    ]
