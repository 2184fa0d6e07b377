"""The figure of gradient ratios epoch by epoch: a panel each, ratio against keyword depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from viz.few import FEW, entry, hollow
from viz.page import BLACK, GRID, PAGE, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEEPEST, HIGHEST = 14, 5  # where the axes end


@dataclass(frozen=True)
class DepthQuantiles:
    """The ratios of one run in one epoch.

    Attributes
    ----------
    depths : sequence of int
    quantiles : sequence of five floats per depth
        5, 25, 50, 75 and 95 %.
    counts : sequence of int
        Number of trees at every depth; empty where nobody knows.
    """

    depths: Sequence[int]
    quantiles: Sequence[Sequence[float]]
    counts: Sequence[int] = ()


@dataclass(frozen=True)
class EpochPanel:
    """One epoch.

    Attributes
    ----------
    title : str
    runs : sequence of DepthQuantiles
        Of every run; without any, the panel says so.
    sample_depths, sample_ratios : sequence of float
        Single trees of one run, drawn as points.
    """

    title: str
    runs: Sequence[DepthQuantiles]
    sample_depths: Sequence[float] = field(default=())
    sample_ratios: Sequence[float] = field(default=())


def ratio_panels(
    panels: Sequence[EpochPanel], *, colour: str, width: float = PAGE, deepest: int = DEEPEST
) -> Figure:
    """Return the figure: for every epoch the trees of a sample, and the quantiles over the runs by depth.

    The bands and the thick line are medians over the runs, of the 5 to 95 % and 25 to 75 % range and of the
    median, which is hollow where there are few trees; thin lines are the runs' medians. Points beyond the
    axes, which end at `deepest` and 5, are counted above the panel.

    Parameters
    ----------
    panels : sequence of EpochPanel
    colour : str
        The model's.
    width : float
        In inches; three panels stand side by side on a page, two in a column.
    deepest : int
        Where the axis of depths ends.

    Raises
    ------
    ValueError
        There is no panel.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if not panels:
        raise ValueError("a figure of ratios needs at least one epoch")
    columns = min(len(panels), 3 if width >= PAGE else 2)
    rows = math.ceil(len(panels) / columns)
    with rc_context(SMALL):
        figure = Figure(figsize=(width, 0.8 + 1.6 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for axes, panel in zip(grid.flat, panels, strict=False):
            _draw(axes, panel, colour, deepest)
        for axes in grid[-1]:
            axes.set_xlabel("keyword depth")
        for axes in grid[:, 0]:
            axes.set_ylabel("gradient ratio")
        few = any(n < FEW for panel in panels for run in panel.runs for n in run.counts)
        _legend(figure, colour, max(len(panel.runs) for panel in panels), columns, few)
    return figure


def middle(tables: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the element-wise median of tables, NaN aside; NaN where there is nothing else."""
    stacked = np.stack(tables)
    result = np.full(stacked.shape[1:], math.nan)
    known = ~np.isnan(stacked).all(axis=0)
    result[known] = np.nanmedian(stacked[:, known], axis=0)
    return result


def _draw(axes: Axes, panel: EpochPanel, colour: str, deepest: int) -> None:
    axes.set_title(panel.title, loc="left")
    axes.set(xlim=(-0.5, deepest + 0.5), ylim=(0, HIGHEST))
    axes.set_xticks(range(0, deepest + 1, 2 if deepest <= DEEPEST else 5))
    axes.set_yticks(range(HIGHEST + 1))
    axes.grid(color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.axhline(1, color=BLACK, linewidth=0.7)
    if not panel.runs:
        axes.text(0.5, 0.5, "not run", transform=axes.transAxes, ha="center", va="center")
        return
    depth, ratio = np.asarray(panel.sample_depths, float), np.asarray(panel.sample_ratios, float)
    # Points of a depth stand side by side; the golden ratio spreads them evenly, and the same way every time.
    aside = (np.arange(len(depth)) * 0.618034) % 1 - 0.5
    axes.plot(
        depth + 0.6 * aside, ratio, ".", color=BLACK, alpha=0.45, markersize=2, markeredgewidth=0, zorder=2.5
    )
    depths = sorted({depth for run in panel.runs for depth in run.depths})
    tables = [_table(run, depths) for run in panel.runs]
    low, lower, median, upper, high = middle(tables).T
    axes.fill_between(depths, low, high, color=colour, alpha=0.18, linewidth=0, zorder=2)
    axes.fill_between(depths, lower, upper, color=colour, alpha=0.35, linewidth=0, zorder=2)
    for table in tables:
        axes.plot(depths, table[:, 2], color=colour, linewidth=0.5, zorder=3)
    axes.plot(depths, median, "-o", color=colour, markersize=2.2, zorder=4)
    counts = [dict(zip(run.depths, run.counts, strict=False)) for run in panel.runs]
    hollow(axes, depths, median, [min(of.get(d, FEW) for of in counts) for d in depths], colour, 2.2)
    _count_hidden(axes, depth, ratio, deepest)


def _table(run: DepthQuantiles, depths: Sequence[int]) -> npt.NDArray[np.float64]:
    rows = dict(zip(run.depths, run.quantiles, strict=True))
    return np.array([rows.get(depth, [math.nan] * 5) for depth in depths], dtype=float)


def _count_hidden(
    axes: Axes, depth: npt.NDArray[np.float64], ratio: npt.NDArray[np.float64], deepest: int
) -> None:
    hidden = int(((ratio > HIGHEST) | (depth > deepest)).sum())
    if hidden:
        axes.set_title(f"{hidden} of {len(ratio)} outside", loc="right", fontsize=7)


def _legend(figure: Figure, colour: str, runs: int, columns: int, few: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    each = f"; thin: each of {runs} runs" if runs > 1 else ""
    entries = [
        Line2D([], [], color=colour, marker="o", markersize=2.2, label=f"median{each}"),
        Patch(facecolor=colour, alpha=0.5, label="25 to 75 %"),
        Patch(facecolor=colour, alpha=0.18, label="5 to 95 %"),
        Line2D(
            [],
            [],
            color=BLACK,
            alpha=0.45,
            linestyle="",
            marker=".",
            markersize=3,
            label="single trees of run 1",
        ),
        Line2D([], [], color=BLACK, linewidth=0.7, label="ratio 1"),
        *([entry(colour, 2.2)] if few else []),
    ]
    figure.legend(
        handles=entries,
        loc="outside upper center",
        ncols=(3 if few else 5) if columns == 3 else 2,
        frameon=False,
        borderaxespad=0.2,
    )
