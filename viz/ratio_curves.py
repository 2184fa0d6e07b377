"""The figure of gradient ratios at one depth, epoch by epoch, with dev accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viz.few import FEW
from viz.page import BLACK, GREY, LOOKS, PAGE, add_grid, legend_above, new_figure, sample
from viz.quantiles import UNKNOWN, draw_quantiles, middle, quantile_entries
from viz.spread import LEVEL, draw_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAST, HIGHEST = 12, 3  # where the axes end
_MARKER = 2.8  # points


@dataclass(frozen=True)
class Curve:
    """One run, epoch by epoch from 0 on.

    Attributes
    ----------
    quantiles : sequence of five floats per epoch
        5, 25, 50, 75 and 95 % of the ratios; NaN where there is no tree.
    accuracies : sequence of float
        Dev accuracy after each epoch, in percent; NaN where it was not measured.
    counts : sequence of int
        Number of trees at the depth, epoch by epoch; empty if unknown.
    """

    quantiles: Sequence[Sequence[float]]
    accuracies: Sequence[float]
    counts: Sequence[int] = ()


def ratio_curves(results: Mapping[str, Sequence[Curve]], *, width: float = PAGE) -> Figure:
    """Return the figure: a panel per model, ratio on the left axis and dev accuracy on the right one.

    Bands and the thick line are medians over the runs, hollow where there are few trees; thin lines are the
    runs' medians. What lies beyond the axes, epochs 0 to 12 and ratios 0 to 3, is named above the panel.

    Parameters
    ----------
    results : mapping from the models' names to their runs
        A panel without runs says so.
    width : float
        In inches; two panels stand side by side on a page, one in a column.

    Raises
    ------
    ValueError
        There is no model, or more than can be told apart.
    """
    if not 1 <= len(results) <= len(LOOKS):
        raise ValueError(f"a figure of ratio curves shows 1 to {len(LOOKS)} models, not {len(results)}")
    columns = min(len(results), 2 if width >= PAGE else 1)
    rows = math.ceil(len(results) / columns)
    with new_figure(width, 0.9 + 1.9 * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False).flat
        for axes in grid[len(results) :]:
            axes.set_axis_off()
        for k, (axes, (name, runs)) in enumerate(zip(grid, results.items(), strict=False)):
            hidden = _draw(axes, runs, LOOKS[k][0])
            axes.set_title(f"({chr(ord('a') + k)}) {name}", loc="left")
            axes.set_title(hidden, loc="right", fontsize=7)
        interval = f"dev accuracy (right axis): mean, {100 * LEVEL:g} % t interval"
        few = any(n < FEW for runs in results.values() for run in runs for n in run.counts)
        entries = [
            *quantile_entries(" ratio", GREY, max(map(len, results.values())), _MARKER, few),
            sample(interval, BLACK, linestyle="--", marker="s", markersize=2.4, linewidth=0.9),
        ]
        legend_above(figure, entries, 2 if width >= PAGE else 1, borderaxespad=0.2)
    return figure


def _draw(axes: Axes, runs: Sequence[Curve], colour: str) -> str:
    """Draw a panel; return what it does not show."""
    axes.set(xlim=(-0.4, LAST + 0.4), ylim=(0, HIGHEST), xlabel="epoch", ylabel="gradient ratio")
    axes.set_xticks(range(0, LAST + 1, 2))
    axes.set_yticks(np.arange(0, HIGHEST + 0.5, 0.5))
    add_grid(axes)
    axes.axhline(1, color=BLACK, linewidth=0.7)
    second = axes.twinx()
    second.set(ylim=(0, 100), ylabel="dev accuracy (%)")
    second.set_yticks(range(0, 101, 20))
    if not runs:
        axes.text(0.5, 0.5, "no runs", transform=axes.transAxes, ha="center", va="center")
        return ""
    epochs = range(min(LAST, max(len(run.quantiles) for run in runs) - 1) + 1)
    tables = [
        np.array([run.quantiles[k] if k < len(run.quantiles) else UNKNOWN for k in epochs], float)
        for run in runs
    ]
    counts = [min((run.counts[k] for run in runs if k < len(run.counts)), default=FEW) for k in epochs]
    draw_quantiles(axes, epochs, tables, counts, colour, _MARKER)
    known = {k: [run.accuracies[k] for run in runs if k < len(run.accuracies)] for k in epochs}
    finite = {k: kept for k, of in known.items() if (kept := [value for value in of if math.isfinite(value)])}
    draw_intervals(second, finite, fmt="--s", color=BLACK, markersize=2.4, linewidth=0.9, elinewidth=0.7)
    last = max(len(run.quantiles) for run in runs) - 1
    if last > LAST:
        later = f"{LAST + 1} to {last}" if last > LAST + 1 else f"{last}"
        axes.set_xlabel(f"epoch ({later} not shown)")
    return _hidden(np.stack([table[:, 2] for table in tables]), middle(tables)[:, 4])


def _hidden(medians: np.ndarray, high: np.ndarray) -> str:
    """Return lines on what lies above the axis."""
    if not np.nanmax(high, initial=0) > HIGHEST:
        return ""
    above = int((medians > HIGHEST).sum())
    return f"{above} of {medians.size} medians above {HIGHEST},\n95 % quantile up to {np.nanmax(high):.1f}"
