"""The figure of accuracies: datasets along the axis, for every model the spread over its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.line_panels import LOOKS
from viz.page import BLACK, GREY, GRID, PAGE, SMALL
from viz.spread import LEVEL, Spread

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Look = tuple[str, Any, str]  # colour, line and marker
Runs = Sequence[Sequence[float]]


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
        What stands under the axis.
    results : mapping from models' names
        To the accuracies in percent of every dataset's runs; an empty list leaves a gap that is named.
    xlabel : str
    chance : float
        The accuracy of guessing, in percent, drawn as a line.
    depths : sequence of float, optional
        Mean keyword depth of each dataset, on a second axis from 0 to 10; NaN where unknown.
    width : float
        In inches. Narrower than the page, or if there are more than two, each model has a panel of its own,
        one above the other.

    Raises
    ------
    ValueError
        There is no model or more than can be told apart, or not one entry per dataset.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if not 1 <= len(results) <= len(LOOKS):
        raise ValueError(f"a figure of accuracies shows 1 to {len(LOOKS)} models, not {len(results)}")
    for name, runs in results.items():
        if len(runs) != len(datasets):
            raise ValueError(f"{name}: results of {len(runs)} datasets, but there are {len(datasets)}")
    if depths is not None and len(depths) != len(datasets):
        raise ValueError(f"depths of {len(depths)} datasets, but there are {len(datasets)}")
    narrow = width < PAGE
    apart = narrow or len(results) > 2
    panels = [[name] for name in results] if apart else [list(results)]
    with rc_context(SMALL):
        figure = Figure(figsize=(width, 1.2 + 1.7 * len(panels) + 0.7 * (not narrow)), layout="constrained")
        rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        entries: list[Artist] = []
        for axes, names in zip(rows, panels, strict=True):
            _prepare(axes, datasets, chance)
            for place, name in enumerate(names):
                centre = 0.4 * (place - (len(names) - 1) / 2)
                look = LOOKS[list(results).index(name)]
                _draw(axes, results[name], centre, 0.9 / max(len(names), 1.5), look)
                entries.append(_best_line(name, look))
            if depths is not None:
                _draw_depths(axes, depths)
            if apart:
                axes.set_title(names[0])
        rows[-1].set_xlabel(xlabel)
        if narrow:
            rows[-1].set_xticklabels(datasets, rotation=90)
        entries += _explanations(results, chance, depths is not None)
        figure.legend(
            handles=entries,
            loc="outside upper center",
            ncols=1 if narrow else 3,
            frameon=False,
            handlelength=2.6,
            borderaxespad=0.2,
        )
    return figure


def _prepare(axes: Axes, datasets: Sequence[str], chance: float) -> None:
    axes.set(ylim=(0, 100), ylabel="test accuracy (%)", xlim=(-0.6, len(datasets) - 0.4))
    axes.set_xticks(range(len(datasets)), datasets)
    axes.tick_params(axis="x", length=0)
    axes.axhline(chance, color=GREY, linewidth=0.9, linestyle=":")
    for edge in range(1, len(datasets)):
        axes.axvline(edge - 0.5, color=GRID, linewidth=0.5)
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)


def _draw(axes: Axes, results: Runs, centre: float, room: float, look: Look) -> None:
    """Draw a model's runs around `centre`, seen from each dataset's tick, inside `room`."""
    colour, line, marker = look
    spreads = {k: Spread.of(runs) for k, runs in enumerate(results) if len(runs)}
    left, right = centre - 0.16 * room, centre + 0.24 * room
    axes.bxp(
        [spread.box() for spread in spreads.values()],
        positions=[k + left for k in spreads],
        widths=0.4 * room,
        manage_ticks=False,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": colour + "40", "edgecolor": colour, "linewidth": 0.8},
        medianprops={"color": colour, "linewidth": 1.8, "solid_capstyle": "butt"},
        whiskerprops={"color": colour, "linewidth": 0.8},
        capprops={"color": colour, "linewidth": 0.8},
    )
    axes.errorbar(
        [k + right for k in spreads],
        [spread.mean for spread in spreads.values()],
        [spread.margin for spread in spreads.values()],
        fmt="D",
        color=colour,
        markersize=2.6,
        markerfacecolor="white",
        markeredgewidth=0.8,
        elinewidth=0.8,
        capsize=1.6,
        clip_on=True,
        zorder=3,
    )
    best = [spreads[k].best if k in spreads else float("nan") for k in range(len(results))]
    axes.plot(
        [k + left for k in range(len(results))],
        best,
        linestyle=line,
        marker=marker,
        color=colour,
        markersize=2.4,
        clip_on=False,
        zorder=4,
    )
    for k in set(range(len(results))) - set(spreads):
        axes.text(k + centre, 50, "no runs", rotation=90, ha="center", va="center", color=colour)


def _draw_depths(axes: Axes, depths: Sequence[float]) -> None:
    second = axes.twinx()
    second.set(ylim=(0, 10), ylabel="mean keyword depth")
    second.plot(range(len(depths)), depths, "-.", marker="x", color=BLACK, linewidth=0.9, markersize=3.5)


def _best_line(name: str, look: Look) -> Artist:
    from matplotlib.lines import Line2D

    colour, line, marker = look
    return Line2D(
        [], [], color=colour, linestyle=line, marker=marker, markersize=2.4, label=f"{name}: best run"
    )


def _explanations(results: Mapping[str, Runs], chance: float, depths: bool) -> list[Artist]:
    """Return the entries of the legend that hold for all models."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counts = {len(runs) for per_dataset in results.values() for runs in per_dataset if len(runs)}
    n = f"{min(counts)}–{max(counts)} runs" if len(counts) > 1 else f"{max(counts, default=0)} runs"
    n = "1 run" if counts == {1} else n
    entries: list[Artist] = [
        Patch(
            facecolor=GREY + "40",
            edgecolor=GREY,
            label=f"median, quartiles, range ({n})",
        ),
        Line2D(
            [],
            [],
            color=GREY,
            marker="D",
            markerfacecolor="white",
            markersize=2.6,
            linewidth=0.8,
            label=f"mean, {100 * LEVEL:g} % t interval",
        ),
        Line2D([], [], color=GREY, linestyle=":", linewidth=0.9, label=f"guessing, {chance:g} %"),
    ]
    if depths:
        entries.append(
            Line2D(
                [],
                [],
                color=BLACK,
                linestyle="-.",
                marker="x",
                markersize=3.5,
                linewidth=0.9,
                label="mean keyword depth (right axis)",
            )
        )
    return entries
