"""The figure of gradient ratios: how much of the error at the root reaches a word, by the word's depth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import numpy.typing as npt

from viz.epoch_colours import epoch_colours, marker_of
from viz.few import FEW, entry, hollow
from viz.page import BLACK, GREY, PAGE, STYLE, add_grid, legend_above, new_figure, sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

_POINT = 2.8  # the size of a marker, in points
_IN_A_ROW = 2  # panels; with more, their titles would not fit

# Values that a logarithmic axis cannot show: a marker, and its height as a share of the axis.
_OFF_THE_AXIS = {0.0: ("v", 0.02), math.inf: ("^", 0.98)}


class Ratios(TypedDict):
    """What one model contributes to the figure.

    ``depths`` and ``counts`` have one entry per keyword depth: the depth, and the number of
    trees whose keyword is there (or, if ratios are taken at every word, of words there). Where there are
    few, points are hollow.
    ``medians[epoch][i]`` is the median ratio at ``depths[i]``, NaN or None where there is none;
    epoch 0 comes before the first update. ``dev_accuracy`` has one fraction per epoch, NaN or None
    where it was not measured.
    """

    depths: Sequence[int]
    medians: Sequence[Sequence[float | None]]
    counts: Sequence[int]
    dev_accuracy: Sequence[float | None]


def ratio_figure(results: Mapping[str, Ratios], *, at: str = "keyword", counted: str = "trees") -> Figure:
    """Return the figure: one panel per model, two in a row, one line per epoch, all on the same axes.

    Parameters
    ----------
    results : mapping from a model's name to its `Ratios`
        Panels stand in this order, left to right, then down.
    at : str
        Which leaves the ratios are taken at.
    counted : str
        What the counts are numbers of.

    Raises
    ------
    ValueError
        There is no model, or the lengths of one model's sequences do not fit together.
    """
    if not results:
        raise ValueError("a figure of ratios needs the results of at least one model")
    for name, ratios in results.items():
        _check(name, ratios)
    epochs = max(len(ratios["medians"]) for ratios in results.values())
    colours = epoch_colours(epochs)
    rows = -(-len(results) // _IN_A_ROW)
    with new_figure(PAGE, 4.2 * rows, STYLE) as figure:
        panels = figure.subplots(
            2 * rows,
            min(len(results), _IN_A_ROW),
            sharex=True,
            sharey="row",
            squeeze=False,
            gridspec_kw={"height_ratios": [5, 1] * rows},
        )
        curves, counts = panels[0::2], panels[1::2]
        for below in (*curves[1:, 0], *counts[1:, 0]):
            below.sharey(curves[0, 0] if below in curves else counts[0, 0])
        most = max([1, *(count for ratios in results.values() for count in ratios["counts"])])
        ticks = [10**power for power in range(0, 9, 1 if most < 1000 else 2) if 10**power <= most]
        for left, under in zip(curves[:, 0], counts[:, 0], strict=True):
            left.set(yscale="log", ylabel=f"gradient ratio: ‖∂J/∂x‖ at {at} / at root")
            under.set(yscale="log", ylim=(0.5, 3 * most), ylabel=counted)
            under.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
            under.minorticks_off()
        for spare in (*curves.flat[len(results) :], *counts.flat[len(results) :]):
            spare.remove()
        shown = curves.flat[: len(results)]
        for (name, ratios), lines, bars in zip(results.items(), shown, counts.flat, strict=False):
            lines.set_title(f"{name}\n{_accuracy(ratios)}")
            _draw_lines(lines, ratios, colours)
            _draw_counts(bars, ratios)
            bars.set_xlabel(f"{at} depth")
            bars.tick_params(labelbottom=True)
        depths = [depth for ratios in results.values() for depth in ratios["depths"]] or [0]
        panels[0, 0].set_xlim(min(depths) - 0.7, max(depths) + 0.7)
        _epoch_bar(figure, curves[0], colours)
        _explain(figure, results, counted)
    return figure


def _check(name: str, ratios: Ratios) -> None:
    depths = len(ratios["depths"])
    if len(ratios["counts"]) != depths:
        raise ValueError(f"{name}: {depths} depths, but {len(ratios['counts'])} counts")
    for epoch, row in enumerate(ratios["medians"]):
        if len(row) != depths:
            raise ValueError(f"{name}: {depths} depths, but {len(row)} medians in epoch {epoch}")
    if len(ratios["dev_accuracy"]) != len(ratios["medians"]) or not ratios["medians"]:
        raise ValueError(
            f"{name}: medians of {len(ratios['medians'])} epochs, "
            f"but accuracies of {len(ratios['dev_accuracy'])}"
        )


def _numbers(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Return the values as floats, None as NaN."""
    return np.array([math.nan if v is None else v for v in values], dtype=float)


def _accuracy(ratios: Ratios) -> str:
    accuracy = _numbers(ratios["dev_accuracy"])
    if np.isnan(accuracy).all():
        return "dev accuracy not measured"
    best = int(np.nanargmax(accuracy))
    return f"best dev accuracy {accuracy[best]:.1%} (epoch {best})"


def _draw_lines(axes: Axes, ratios: Ratios, colours: ListedColormap) -> None:
    axes.axhline(1.0, color="black", linewidth=1.0)
    for epoch, row in enumerate(ratios["medians"]):
        values, colour = _numbers(row), colours(epoch)
        inside = np.where((values > 0) & np.isfinite(values), values, math.nan)
        style, shape = "--" if epoch == 0 else "-", marker_of(epoch)
        axes.plot(ratios["depths"], inside, style, color=colour, marker=shape, markersize=_POINT)
        hollow(axes, ratios["depths"], inside, ratios["counts"], colour, _POINT, shape)
        for value, (marker, height) in _OFF_THE_AXIS.items():
            off = np.asarray(ratios["depths"])[values == value]
            axes.plot(
                off,
                np.full(len(off), height),
                marker,
                color=colour,
                transform=axes.get_xaxis_transform(),
            )
    add_grid(axes)


def _draw_counts(axes: Axes, ratios: Ratios) -> None:
    axes.bar(ratios["depths"], ratios["counts"], color="#808080", width=0.7)
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    add_grid(axes, "y")


def _explain(figure: Figure, results: Mapping[str, Ratios], counted: str) -> None:
    """Draw the legend of everything but the colours, above the panels."""
    present = {
        value
        for ratios in results.values()
        for row in ratios["medians"]
        for value in _numbers(row)
        if value in _OFF_THE_AXIS
    }
    entries = [
        sample("ratio 1: neither vanishes nor explodes", BLACK, linewidth=1.0),
        sample("before the first update", GREY, linestyle="--"),
    ]
    entries += [
        sample(f"ratio {value:g}", GREY, linestyle="", marker=marker)
        for value, (marker, _) in _OFF_THE_AXIS.items()
        if value in present
    ]
    if any(count < FEW for ratios in results.values() for count in ratios["counts"]):
        entries.append(entry(GREY, 3.5, counted))
    legend_above(figure, entries, 4)


def _epoch_bar(figure: Figure, axes: Sequence[Axes], colours: ListedColormap) -> None:
    """Draw one cell per epoch beside the panels, with the epoch's marker."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import NoNorm

    bar = figure.colorbar(
        ScalarMappable(NoNorm(0, colours.N - 1), colours),
        ax=list(axes),
        ticks=range(0, colours.N, 1 + (colours.N - 1) // 16),
        aspect=25,
        pad=0.02,
    )
    bar.set_label("epoch")
    bar.ax.tick_params(length=0)
    for epoch in range(colours.N):
        bar.ax.plot(0.5, epoch, marker_of(epoch), color="white", markersize=_POINT)
