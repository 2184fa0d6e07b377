"""The figure of gradient ratios at one depth over the epochs, and of dev accuracy beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viz.few import FEW, entry, hollow
from viz.line_panels import LOOKS
from viz.page import BLACK, GREY, GRID, PAGE, SMALL
from viz.ratio_panels import middle
from viz.spread import LEVEL, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAST, HIGHEST = 12, 3  # where the axes end


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
        Number of trees at the depth, epoch by epoch; empty where nobody knows.
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
    results : mapping from models' names to their runs
        Without runs, the panel says so.
    width : float
        In inches; two panels stand side by side on a page, one above the other in a column.

    Raises
    ------
    ValueError
        There is no model, or more than can be told apart.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if not 1 <= len(results) <= len(LOOKS):
        raise ValueError(f"a figure of ratio curves shows 1 to {len(LOOKS)} models, not {len(results)}")
    columns = min(len(results), 2) if width >= PAGE else 1
    rows = -(-len(results) // columns)
    with rc_context(SMALL):
        figure = Figure(figsize=(width, 0.9 + 1.9 * rows), layout="constrained")
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes in grid[len(results) :]:
            axes.set_axis_off()
        for k, (axes, look, (name, runs)) in enumerate(zip(grid, LOOKS, results.items(), strict=False)):
            hidden = _draw(axes, runs, look[0])
            axes.set_title(f"({chr(ord('a') + k)}) {name}", loc="left")
            axes.set_title(hidden, loc="right", fontsize=7)
        few = any(n < FEW for runs in results.values() for run in runs for n in run.counts)
        _legend(figure, max(len(runs) for runs in results.values()), columns, few)
    return figure


def _draw(axes: Axes, runs: Sequence[Curve], colour: str) -> str:
    """Draw a panel; return what it does not show."""
    axes.set(xlim=(-0.4, LAST + 0.4), ylim=(0, HIGHEST), xlabel="epoch", ylabel="gradient ratio")
    axes.set_xticks(range(0, LAST + 1, 2))
    axes.set_yticks(np.arange(0, HIGHEST + 0.5, 0.5))
    axes.grid(color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.axhline(1, color=BLACK, linewidth=0.7)
    second = axes.twinx()
    second.set(ylim=(0, 100), ylabel="dev accuracy (%)")
    second.set_yticks(range(0, 101, 20))
    if not runs:
        axes.text(0.5, 0.5, "no runs", transform=axes.transAxes, ha="center", va="center")
        return ""
    epochs = range(min(LAST, max(len(run.quantiles) for run in runs) - 1) + 1)
    tables = [np.array([_entry(run.quantiles, k, [math.nan] * 5) for k in epochs], float) for run in runs]
    low, lower, median, upper, high = middle(tables).T
    axes.fill_between(epochs, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.fill_between(epochs, lower, upper, color=colour, alpha=0.35, linewidth=0)
    for table in tables:
        axes.plot(epochs, table[:, 2], color=colour, linewidth=0.5)
    axes.plot(epochs, median, "-o", color=colour, markersize=2.8)
    counts = [min((run.counts[k] for run in runs if k < len(run.counts)), default=FEW) for k in epochs]
    hollow(axes, epochs, median, counts, colour, 2.8)
    known = [[run.accuracies[k] for run in runs if k < len(run.accuracies)] for k in epochs]
    spreads = {k: Spread.of(kept) for k, values in enumerate(known) if (kept := _finite(values))}
    second.errorbar(
        list(spreads),
        [spread.mean for spread in spreads.values()],
        [spread.margin for spread in spreads.values()],
        fmt="--s",
        color=BLACK,
        markersize=2.4,
        linewidth=0.9,
        elinewidth=0.7,
        capsize=1.6,
    )
    last = max(len(run.quantiles) for run in runs) - 1
    if last > LAST:
        later = f"{LAST + 1} to {last}" if last > LAST + 1 else f"{last}"
        axes.set_xlabel(f"epoch ({later} not shown)")
    return _hidden(np.stack([table[:, 2] for table in tables]), high)


def _entry(rows: Sequence[Sequence[float]], k: int, otherwise: Sequence[float]) -> Sequence[float]:
    return rows[k] if k < len(rows) else otherwise


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _hidden(medians: np.ndarray, high: np.ndarray) -> str:
    """Return lines on what lies above the axis."""
    if not np.nanmax(high, initial=0) > HIGHEST:
        return ""
    above = int((medians > HIGHEST).sum())
    return f"{above} of {medians.size} medians above {HIGHEST},\n95 % quantile up to {np.nanmax(high):.1f}"


def _legend(figure: Figure, runs: int, columns: int, few: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    each = f"; thin: each of {runs} runs" if runs > 1 else ""
    entries = [
        Line2D([], [], color=GREY, marker="o", markersize=2.8, label=f"median ratio{each}"),
        Patch(facecolor=GREY, alpha=0.5, label="25 to 75 %"),
        Patch(facecolor=GREY, alpha=0.18, label="5 to 95 %"),
        *([entry(GREY, 2.8)] if few else []),
        Line2D(
            [],
            [],
            color=BLACK,
            linestyle="--",
            marker="s",
            markersize=2.4,
            linewidth=0.9,
            label=f"dev accuracy (right axis): mean, {100 * LEVEL:g} % t interval",
        ),
    ]
    figure.legend(
        handles=entries,
        loc="outside upper center",
        ncols=columns,
        frameon=False,
        borderaxespad=0.2,
    )
