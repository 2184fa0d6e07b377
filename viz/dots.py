"""A figure of dots: one line per name, with its runs and their median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viz.page import BLACK, GREY, LOOKS, PAGE, add_grid, legend_above, new_figure, note, sample

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class DotRow:
    """One line of dots.

    Attributes
    ----------
    name : str
        Its label.
    runs : sequence of float
        A dot each.
    group : str
        What its colour and marker stand for, in the legend; '' for black dots that are not in the legend.
    """

    name: str
    runs: Sequence[float]
    group: str = ""


def dot_rows(
    rows: Sequence[DotRow],
    *,
    xlabel: str,
    xlim: tuple[float, float] | None = None,
    references: Mapping[str, float] | None = None,
    width: float = PAGE,
) -> Figure:
    """Return the figure.

    Parameters
    ----------
    rows : sequence of DotRow
        From the top down; at least one.
    xlabel : str
    xlim : (float, float), optional
    references : mapping of str to float, optional
        Vertical grey lines, named above the axes.
    width : float
        Of the figure, in inches.

    Raises
    ------
    ValueError
        There is no row, or more groups than can be told apart.
    """
    groups = list(dict.fromkeys(row.group for row in rows if row.group))
    if not rows:
        raise ValueError("a figure of dots has at least one row")
    if len(groups) > len(LOOKS):
        raise ValueError(f"{len(groups)} groups can't be told apart; at most {len(LOOKS)}")
    looks = {"": (BLACK, "o"), **{g: (look[0], look[2]) for g, look in zip(groups, LOOKS, strict=False)}}
    with new_figure(width, 0.8 + 0.19 * len(rows)) as figure:
        axes = figure.subplots()
        for place, row in enumerate(rows):
            colour, marker = looks[row.group]
            median = float(np.median(row.runs))
            axes.plot([median], [place], "|", color=colour, markersize=11, markeredgewidth=1.4, zorder=2)
            axes.plot(
                row.runs, [place] * len(row.runs), marker, color=colour, markersize=4, markeredgewidth=0.4,
                markeredgecolor="white", zorder=3, clip_on=False,
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel)
        if xlim is not None:
            axes.set_xlim(xlim)
        axes.tick_params(axis="y", length=0)
        add_grid(axes)
        for name, x in (references or {}).items():
            axes.axvline(x, color=GREY, linewidth=0.9, linestyle=":")
            note(axes, name, (x, 1), (0, 2), xycoords=("data", "axes fraction"), ha="center")
        if groups:
            entries = [
                sample(group, looks[group][0], linestyle="", marker=looks[group][1], markersize=4)
                for group in groups
            ]
            title = "a dot is a run, a stroke the median"
            columns = min(len(groups), 5 if width >= PAGE else 2)
            legend_above(figure, entries, columns, title=title, title_fontsize=7)
    return figure
