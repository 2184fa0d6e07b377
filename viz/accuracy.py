"""The figure of accuracies: datasets along the axis, and for every model the spread over its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.page import BLACK, GREY, GRID, LOOKS, PAGE, add_grid, legend_above, new_figure, sample
from viz.spread import LEVEL, draw_intervals

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Runs = Sequence[Sequence[float]]

_TOGETHER = 2  # models; more are too narrow beside each other


def accuracy_figure(
    datasets: Sequence[str],
    results: Mapping[str, Runs],
    *,
    xlabel: str,
    chance: float,
    depths: Sequence[float] | None = None,
    width: float = PAGE,
) -> Figure:
    """Return the figure: best run, box plot, and confidence interval of the mean per model and dataset.

    Parameters
    ----------
    datasets : sequence of str
        Labels of the axis.
    results : mapping of the models' names to sequences of sequences
        For every dataset the accuracies of its runs, in percent; if empty, a gap says "no runs".
    xlabel : str
    chance : float
        The accuracy of guessing, in percent, drawn as a line.
    depths : sequence of float, optional
        Mean keyword depth of each dataset, on a second axis from 0 to 10; NaN where unknown.
    width : float
        In inches. Narrower than the page, and with more than two models, each has a panel of its own, one
        above the other.

    Raises
    ------
    ValueError
        There is no model, or more than can be told apart, or not one entry per dataset.
    """
    if not 1 <= len(results) <= len(LOOKS):
        raise ValueError(f"a figure of accuracies shows 1 to {len(LOOKS)} models, not {len(results)}")
    for name, runs in results.items():
        if len(runs) != len(datasets):
            raise ValueError(f"{name}: results of {len(runs)} datasets, but there are {len(datasets)}")
    if depths is not None and len(depths) != len(datasets):
        raise ValueError(f"depths of {len(depths)} datasets, but there are {len(datasets)}")
    narrow = width < PAGE
    apart = narrow or len(results) > _TOGETHER
    panels = [[name] for name in results] if apart else [list(results)]
    looks = dict(zip(results, LOOKS, strict=False))
    with new_figure(width, 1.2 + 1.7 * len(panels) + 0.7 * (not narrow)) as figure:
        rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, names in zip(rows, panels, strict=True):
            _prepare(axes, datasets, chance)
            for place, name in enumerate(names):
                centre = 0.4 * (place - (len(names) - 1) / 2)
                _draw(axes, results[name], centre, 0.9 / max(len(names), 1.5), looks[name])
            if depths is not None:
                _draw_depths(axes, depths)
            if apart:
                axes.set_title(names[0])
        rows[-1].set_xlabel(xlabel)
        if narrow:
            rows[-1].set_xticklabels(datasets, rotation=90)
        entries = _legend(results, looks, chance, depths is not None)
        legend_above(figure, entries, 1 if narrow else 3, handlelength=2.6, borderaxespad=0.2)
    return figure


def _prepare(axes: Axes, datasets: Sequence[str], chance: float) -> None:
    axes.set(ylim=(0, 100), ylabel="test accuracy (%)", xlim=(-0.6, len(datasets) - 0.4))
    axes.set_xticks(range(len(datasets)), datasets)
    axes.tick_params(axis="x", length=0)
    axes.axhline(chance, color=GREY, linewidth=0.9, linestyle=":")
    for edge in range(1, len(datasets)):
        axes.axvline(edge - 0.5, color=GRID, linewidth=0.5)
    add_grid(axes, "y")


def _draw(axes: Axes, results: Runs, centre: float, room: float, look: tuple[str, Any, str]) -> None:
    """Draw a model's runs at a distance of `centre` from each dataset's tick, `room` wide."""
    colour, line, marker = look
    known = {k: runs for k, runs in enumerate(results) if len(runs)}
    left, right = centre - 0.16 * room, centre + 0.24 * room
    thin = {"color": colour, "linewidth": 0.8}
    if known:
        axes.boxplot(
            list(known.values()),
            positions=[k + left for k in known],
            widths=0.4 * room,
            whis=(0, 100),  # to the extremes: nothing lies outside
            showfliers=False,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": colour + "40", "edgecolor": colour, "linewidth": 0.8},
            medianprops={"color": colour, "linewidth": 1.8, "solid_capstyle": "butt"},
            whiskerprops=thin,
            capprops=thin,
        )
    diamond = {"fmt": "D", "markersize": 2.6, "markerfacecolor": "white", "markeredgewidth": 0.8}
    means = {k + right: runs for k, runs in known.items()}
    draw_intervals(axes, means, color=colour, elinewidth=0.8, zorder=3, **diamond)
    best = [max(runs, default=math.nan) for runs in results]
    axes.plot(
        [k + left for k in range(len(results))], best, linestyle=line, marker=marker, color=colour,
        markersize=2.4, clip_on=False, zorder=4,
    )  # fmt: skip
    for k in set(range(len(results))) - set(known):
        axes.text(k + centre, 50, "no runs", rotation=90, ha="center", va="center", color=colour)


def _draw_depths(axes: Axes, depths: Sequence[float]) -> None:
    second = axes.twinx()
    second.set(ylim=(0, 10), ylabel="mean keyword depth")
    second.plot(range(len(depths)), depths, "-.", marker="x", color=BLACK, linewidth=0.9, markersize=3.5)


def _legend(
    results: Mapping[str, Runs], looks: Mapping[str, tuple[str, Any, str]], chance: float, depths: bool
) -> list[Artist]:
    from matplotlib.patches import Patch

    counts = {len(runs) for per_dataset in results.values() for runs in per_dataset if len(runs)}
    n = f"{min(counts)}–{max(counts)}" if len(counts) > 1 else str(max(counts, default=0))
    diamond = {"marker": "D", "markerfacecolor": "white", "markersize": 2.6, "linewidth": 0.8}
    entries: list[Artist] = [
        *(
            sample(f"{name}: best run", colour, linestyle=line, marker=marker, markersize=2.4)
            for name, (colour, line, marker) in looks.items()
        ),
        Patch(facecolor=GREY + "40", edgecolor=GREY, label=f"median, quartiles, range ({n} runs)"),
        sample(f"mean, {100 * LEVEL:g} % t interval", GREY, **diamond),
        sample(f"guessing, {chance:g} %", GREY, linestyle=":", linewidth=0.9),
    ]
    if depths:
        line = {"linestyle": "-.", "marker": "x", "markersize": 3.5, "linewidth": 0.9}
        entries.append(sample("mean keyword depth (right axis)", BLACK, **line))
    return entries
