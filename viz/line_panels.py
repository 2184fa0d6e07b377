"""A figure of lines, panel by panel, with the spread over the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.few import FEW, hollow
from viz.page import GREY, GRID, LOOKS, PAGE, add_grid, legend_above, new_figure, note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKED = 13  # points up to which each has a marker


@dataclass(frozen=True)
class Line:
    """A line: the median over the runs, and a band from the lowest to the highest.

    Attributes
    ----------
    x : sequence of float
    runs : sequence of sequences of float
        For every run a number for every x; NaN where there is none.
    counts : sequence of int
        How many trees there are at every x, in the run that has the fewest: few are marked. Empty if
        unknown, or if the numbers are not those of trees.
    """

    x: Sequence[float]
    runs: Sequence[Sequence[float]]
    counts: Sequence[int] = ()


@dataclass(frozen=True)
class LinePanel:
    """One pair of axes.

    Attributes
    ----------
    title : str
    lines : mapping of str to Line
        By their names in the legend; a name has the same look in all panels of a figure.
    references : mapping of str to float or Line
        Thin grey lines to compare with, labelled at their right ends: a level, or the first run of a line.
    xlabel, ylabel : str
    xscale, yscale : "linear", "log" or "symlog"
    xlim, ylim : (float, float) or None
    marked : mapping of str to float
        Vertical grey lines: their names, and where they are; for instance the end of training.
    """

    title: str
    lines: Mapping[str, Line]
    xlabel: str
    ylabel: str
    references: Mapping[str, float | Line] = field(default_factory=dict)
    xscale: str = "linear"
    yscale: str = "linear"
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    marked: Mapping[str, float] = field(default_factory=dict)


def line_panels(
    panels: Sequence[LinePanel],
    *,
    columns: int = 2,
    width: float = PAGE,
    height: float = 2.1,
    legends: str = "figure",
) -> Figure:
    """Return the figure.

    Parameters
    ----------
    panels : sequence of LinePanel
        At least one; lettered (a), (b) … where there are several.
    columns : int
        Panels side by side.
    width, height : float
        Of the figure, and of one row of panels; inches.
    legends : "figure" or "panels"
        One above all panels, or one in each: then a name still has the same look in all panels, but only
        lines that share a panel need to look different.

    Raises
    ------
    ValueError
        There is no panel, or more lines of different names than can be told apart.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    if not panels:
        raise ValueError("a figure has at least one panel")
    looks = _looks([names] if legends == "figure" else [list(panel.lines) for panel in panels])
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with new_figure(width, 0.5 + height * rows) as figure:
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        handles: dict[str, Any] = {}
        for k, (axes, panel) in enumerate(zip(grid, panels, strict=False)):
            letter = f"({chr(ord('a') + k)}) " if len(panels) > 1 else ""
            axes.set_title(letter + panel.title, loc="left")
            handles |= _draw(axes, panel, looks)
            if legends == "panels":
                axes.legend(loc="best", fontsize=6, handlelength=3.2, framealpha=0.85, edgecolor=GRID)
        told = _told([line for panel in panels for line in panel.lines.values()])
        if legends == "panels" and told:
            figure.suptitle(told, fontsize=7)
        elif legends == "figure" and (len(names) > 1 or told):
            title = told or None
            room = 0.6 + 0.06 * max(map(len, names))  # inches of an entry: its line, and about its letters
            columns = max(1, min(len(names), 5, int(width / room)))
            entries = [handles[name] for name in names]
            legend_above(figure, entries, columns, handlelength=3.2, title=title, title_fontsize=7)
    return figure


def _looks(together: Sequence[Sequence[str]]) -> dict[str, tuple[str, Any, str]]:
    """Return a look for every name, different for names that share a legend."""
    often = Counter(name for names in together for name in names)
    places: dict[str, int] = {}
    for name in sorted(often, key=lambda name: -often[name]):  # stable: ties keep their order
        taken = {places[other] for names in together if name in names for other in names if other in places}
        places[name] = min(set(range(len(often))) - taken)
    if (most := max(places.values(), default=-1) + 1) > len(LOOKS):
        raise ValueError(f"{most} lines can't be told apart; at most {len(LOOKS)}: {', '.join(often)}")
    return {name: LOOKS[place] for name, place in places.items()}


def _told(lines: Sequence[Line]) -> str:
    """Return what is to be known of all lines."""
    several = any(len(line.runs) > 1 for line in lines)
    few = any(count < FEW for line in lines for count in line.counts)
    said = [("median and range of the runs", several), (f"hollow: fewer than {FEW} trees", few)]
    return "; ".join(text for text, holds in said if holds)


def _draw(axes: Axes, panel: LinePanel, looks: Mapping[str, tuple[str, Any, str]]) -> dict[str, Any]:
    """Draw a panel; return what the legend shows of each line."""
    from matplotlib.ticker import MaxNLocator

    axes.set(xlabel=panel.xlabel, ylabel=panel.ylabel, xscale=panel.xscale, yscale=panel.yscale)
    add_grid(axes)
    if panel.xscale == "linear" and all(
        float(x).is_integer() for line in panel.lines.values() for x in line.x
    ):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles = {}
    for name, line in panel.lines.items():
        colour, dash, marker = looks[name]
        values = np.asarray(line.runs, float).reshape(len(line.runs), len(line.x))
        known = ~np.isnan(values).all(axis=0)
        x, values = np.asarray(line.x, float)[known], values[:, known]
        if len(values) > 1:
            low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
            axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        middle = np.nanmedian(values, axis=0)
        (handles[name],) = axes.plot(
            x,
            middle,
            color=colour,
            linestyle=dash,
            marker=marker if len(line.x) <= MARKED else "",
            markersize=3.5,
            label=name,
        )
        if line.counts:
            hollow(axes, x, middle, np.asarray(line.counts)[known], colour, 3.5, marker)
    if panel.xlim is not None:
        axes.set_xlim(panel.xlim)
    if panel.ylim is not None:
        axes.set_ylim(panel.ylim)
    for name, reference in panel.references.items():
        _refer(axes, name, reference)
    for name, x in panel.marked.items():
        axes.axvline(x, color=GREY, linewidth=0.9, linestyle="--")
        note(axes, name, (x, 1), (2, -2), xycoords=("data", "axes fraction"), va="top", rotation=90)
    return handles


def _refer(axes: Axes, name: str, reference: float | Line) -> None:
    """Draw a thin line, named at its right end, inside the axes."""
    if isinstance(reference, Line):
        axes.plot(reference.x, reference.runs[0], color=GREY, linewidth=0.9, linestyle=":")
        *before, end = reference.runs[0]
        falls = bool(before) and before[-1] > end  # then there is space below its end, otherwise above
        side = ((-1, -3), "top") if falls else ((-1, 3), "bottom")
        note(axes, name, (reference.x[-1], end), side[0], ha="right", va=side[1])
        return
    axes.axhline(reference, color=GREY, linewidth=0.9, linestyle=":")
    note(axes, name, (1, reference), (-2, 2), xycoords=("axes fraction", "data"), ha="right")
