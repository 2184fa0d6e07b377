"""The figure of gradient ratios against keyword depth, one panel per epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from viz.few import FEW
from viz.page import BLACK, PAGE, add_grid, legend_above, new_figure, sample
from viz.quantiles import UNKNOWN, draw_quantiles, quantile_entries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEEPEST, HIGHEST = 14, 5  # where the axes end
_MARKER = 2.2  # points


@dataclass(frozen=True)
class DepthQuantiles:
    """The ratios of one run in one epoch.

    Attributes
    ----------
    depths : sequence of int
    quantiles : sequence of five floats per depth
        5, 25, 50, 75 and 95 %.
    counts : sequence of int
        Number of trees at every depth; empty if unknown.
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
        One per run; a panel without runs says so.
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

    The bands from 5 to 95 % and from 25 to 75 % and the thick line of medians are medians over the runs,
    hollow where there are few trees; thin lines are the runs' own medians. Points beyond the axes, which end
    at `deepest` and 5, are counted above the panel.

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
    if not panels:
        raise ValueError("a figure of ratios needs at least one epoch")
    columns = min(len(panels), 3 if width >= PAGE else 2)
    rows = math.ceil(len(panels) / columns)
    with new_figure(width, 0.8 + 1.6 * rows) as figure:
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
        runs = max(len(panel.runs) for panel in panels)
        dot = {"linestyle": "", "marker": ".", "markersize": 3, "alpha": 0.45}
        entries = [
            *quantile_entries("", colour, runs, _MARKER, few),
            sample("single trees of run 1", BLACK, **dot),
            sample("ratio 1", BLACK, linewidth=0.7),
        ]
        legend_above(figure, entries, (3 if few else 5) if columns == 3 else 2, borderaxespad=0.2)
    return figure


def _draw(axes: Axes, panel: EpochPanel, colour: str, deepest: int) -> None:
    axes.set_title(panel.title, loc="left")
    axes.set(xlim=(-0.5, deepest + 0.5), ylim=(0, HIGHEST))
    axes.set_xticks(range(0, deepest + 1, 2 if deepest <= DEEPEST else 5))
    axes.set_yticks(range(HIGHEST + 1))
    add_grid(axes)
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
    trees = [dict(zip(run.depths, run.counts, strict=False)) for run in panel.runs]
    # Of a run whose numbers of trees are known, there is none at a depth that it does not have.
    counts = [min(of.get(depth, 0 if of else FEW) for of in trees) for depth in depths]
    draw_quantiles(axes, depths, tables, counts, colour, _MARKER)
    hidden = int(((ratio > HIGHEST) | (depth > deepest)).sum())
    if hidden:
        axes.set_title(f"{hidden} of {len(ratio)} outside", loc="right", fontsize=7)


def _table(run: DepthQuantiles, depths: Sequence[int]) -> npt.NDArray[np.float64]:
    rows = dict(zip(run.depths, run.quantiles, strict=True))
    return np.array([rows.get(depth, UNKNOWN) for depth in depths], dtype=float)
