"""A coloured text as a figure of matplotlib: letters of one width on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from viz.colour import BLACK
from viz.linear_scale import ActivationScale
from viz.page import COLUMN, PAGE, SMALL, new_figure
from viz.scale import Scale
from viz.style import Style
from viz.text import signed_tick, visible
from viz.text_lines import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT = "DejaVu Sans Mono"
EM = 1233 / 2048  # the width of its letters
SIZE = 8.0  # points, at most
LINE, STRIP = 1.55, 0.22  # of the size: from line to line, and of the strip below the letters
MARGIN = 4.0  # points
BORDER = 0.4  # of the width that a border has around the node of a tree
BAR = 100  # colours


def text_figure(
    lines: Sequence[Sequence[Unit]],
    styles: Sequence[Style],
    scale: ActivationScale | Scale,
    caption: str,
    truth: npt.NDArray[np.float64] | None,
    title: str | None,
    strip_name: str,
) -> Figure:
    """Return the figure; see `TextPicture`."""
    columns = max([8, *(line[-1].column + len(line[-1].text) for line in lines if line)])
    size = min(SIZE, (PAGE * 72 - 2 * MARGIN) / (columns * EM))
    width = max(COLUMN, (columns * EM * size + 2 * MARGIN) / 72)
    step = size * (LINE + (STRIP + 0.1 if truth is not None else 0))  # points
    height = step * len(lines) / 72
    above, below = (0.3 if title else 0.08), 0.58 + (0.16 if truth is not None else 0)  # inches
    total = height + above + below
    with new_figure(width, total, SMALL) as figure:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0.0, below / total, 1.0, height / total))
        axes.set(xlim=(-MARGIN, width * 72 - MARGIN), ylim=(step * len(lines), 0))
        axes.axis("off")
        if title:
            left = MARGIN / 72 / width
            figure.text(left, 1 - 0.06 / total, visible(title), fontsize=9, va="top", parse_math=False)
        for number, line in enumerate(lines):
            _draw_line(axes, line, number * step, size, styles, truth)
        _draw_bar(figure, scale, caption, total, below - 0.54)
        if truth is not None:
            place = 0.5, 0.04 / total
            figure.text(*place, visible(strip_name), fontsize=7, ha="center", va="bottom", parse_math=False)
    return figure


def _draw_line(
    axes: Axes,
    line: Sequence[Unit],
    top: float,
    size: float,
    styles: Sequence[Style],
    truth: npt.NDArray[np.float64] | None,
) -> None:
    from matplotlib.patches import Rectangle

    em, height = EM * size, 1.3 * size
    for unit in line:
        style, left = styles[unit.number], unit.column * em
        width = len(unit.text) * em
        axes.add_patch(Rectangle((left, top), width, height, facecolor=style.fill, edgecolor="none"))
        if style.note is not None:
            thick = style.width * BORDER
            box = (left + thick / 2, top + thick / 2), width - thick, height - thick
            look = {"solid": "-", "dashed": (0, (3, 2)), "dotted": (0, (1, 1))}[style.line]
            axes.add_patch(Rectangle(*box, fill=False, ec=style.border, lw=thick, ls=look))
        if truth is not None and truth[unit.number]:
            share = str(1 - float(truth[unit.number]))
            below = left, top + height + 0.08 * size
            axes.add_patch(Rectangle(below, width, STRIP * size, facecolor=share))
        # In the middle of its box: hinting makes letters a little wider or narrower
        place = left + width / 2, top + 0.98 * size
        font: dict[str, Any] = {
            "ha": "center",
            "va": "baseline",
            "fontsize": size,
            "family": FONT,
            "parse_math": False,
        }
        axes.text(*place, unit.text, color=style.font, **font)


def _draw_bar(
    figure: Figure, scale: ActivationScale | Scale, caption: str, total: float, bottom: float
) -> None:
    from matplotlib.colors import ListedColormap

    axes = figure.add_axes((0.2, (bottom + 0.32) / total, 0.6, 0.1 / total))
    colours = [scale.style(scale.at(k / (BAR - 1))).fill for k in range(BAR)]
    axes.imshow([range(BAR)], aspect="auto", cmap=ListedColormap(colours), extent=(0, 1, 0, 1))
    ticks = scale.ticks()
    axes.set_yticks([])
    axes.set_xticks([*map(scale.position, ticks)], [*map(signed_tick, ticks)], fontsize=7)
    axes.tick_params(length=2, pad=1.5)
    axes.set_xlabel(visible(caption), fontsize=7, labelpad=1.5, color=BLACK)
