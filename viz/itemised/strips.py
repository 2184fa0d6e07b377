"""What each loss of a text sends back, as strips over the text, one for each moment: a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from viz.itemised.record import ItemisedRun
from viz.page import BLACK, GREY, PAGE, SMALL, new_figure
from viz.scale import NormScale
from viz.text import signed_tick
from viz.text_figure import FONT
from viz.text_lines import lines_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 80  # losses that are drawn
LETTERS = 7.0  # points
BAR = 100  # colours


def itemised_figure(
    run: ItemisedRun,
    part: str = "h",
    moments: Sequence[int] | None = None,
    *,
    scale: NormScale | None = None,
    columns: int = COLUMNS,
) -> Figure:
    """Return the figure: over each character, how far back its loss sends how much, and above that the loss.

    Parameters
    ----------
    run : ItemisedRun
    part : str
        Of the state.
    moments : sequence of int, optional
        Which of the run's moments; by default all.
    scale : NormScale, optional
        So that figures can be compared; by default it holds what is drawn. What is smaller is white.
    columns : int
        Losses, the last ones of the text. Each is followed back as far as the first of them can be: the
        characters before it.

    Raises
    ------
    ValueError
        There is no such part, there are not so many losses, or a size is larger than the scale's largest.
    """
    losses = len(run.text) - 1
    if part not in run.parts:
        raise ValueError(f"the state's parts are {', '.join(run.parts)}, not {part!r}")
    if not 1 <= columns <= losses:
        raise ValueError(f"from 1 to {losses} losses can be drawn, not {columns}")
    chosen = range(len(run.moments)) if moments is None else moments
    drawn = [by_distance(run.matrix(k, part), columns) for k in chosen]
    scale = NormScale.fit(*drawn) if scale is None else scale
    if (most := max(float(np.nanmax(sizes)) for sizes in drawn)) > scale.vmax:
        raise ValueError(f"a scale up to {scale.vmax:g} has no colour for {most:g}")
    shown = [lines_of(letter, 8)[0][0].text for letter in run.text[-columns:]]
    height = 0.75 + 1.75 * len(drawn)
    with new_figure(PAGE, height, SMALL) as figure:
        grid = figure.subplots(2 * len(drawn), 1, height_ratios=[1, 4] * len(drawn), sharex=True)
        for number, (k, sizes) in enumerate(zip(chosen, drawn, strict=True)):
            above, below = grid[2 * number : 2 * number + 2]
            _draw_losses(above, run.moments[k].bits[-columns:], f"({chr(97 + number)}) {run.moments[k].name}")
            _draw_strip(below, sizes, shown, scale)
        _draw_bar(
            figure,
            scale,
            f"‖∂J/∂{part}‖ of each character's loss; white: less than {signed_tick(scale.vmin)}",
        )
    return figure


def by_distance(sizes: npt.NDArray[np.float64], columns: int) -> npt.NDArray[np.float64]:
    """Return of the last losses what they send how far back: row k is k + 1 characters before the loss's own.

    Parameters
    ----------
    sizes : (T, T) array
        As of `ItemisedRun.matrix`.
    columns : int

    Returns
    -------
    (T − columns + 1, columns) array
    """
    losses = len(sizes)
    far = losses - columns + 1
    t = np.arange(losses - columns, losses)
    return sizes[t, t - np.arange(far)[:, None]]


def _draw_losses(axes: Axes, bits: Sequence[float], title: str) -> None:
    axes.bar(range(len(bits)), bits, width=0.8, color=GREY)
    axes.set_title(title, loc="left")
    axes.set_ylabel("bits")
    axes.tick_params(bottom=False)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_strip(axes: Axes, sizes: npt.NDArray[np.float64], letters: Sequence[str], scale: NormScale) -> None:
    from matplotlib.colors import to_rgb

    far, columns = sizes.shape
    known = (sizes > 0) & (sizes >= scale.vmin) & (sizes <= scale.vmax)
    colours = {value: to_rgb(scale.style(value).fill) for value in np.unique(sizes[known]).tolist()}
    image = np.ones((far, columns, 3))
    for place in np.argwhere(known):
        image[*place] = colours[float(sizes[*place])]
    axes.imshow(
        image,
        aspect="auto",
        origin="lower",
        interpolation="none",
        extent=(-0.5, columns - 0.5, 0.5, far + 0.5),
    )
    axes.set_ylabel("characters back")
    axes.set_xticks(range(columns), letters, family=FONT, fontsize=LETTERS, parse_math=False)
    axes.tick_params(axis="x", length=0, pad=2, labelbottom=True)


def _draw_bar(figure: Figure, scale: NormScale, caption: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    mappable = ScalarMappable(LogNorm(scale.vmin, scale.vmax), scale.colormap)
    bar = figure.colorbar(mappable, ax=figure.axes, location="bottom", shrink=0.6, aspect=50, pad=0.02)
    ticks = scale.ticks()
    bar.set_ticks([*ticks], labels=[*map(signed_tick, ticks)])
    bar.minorticks_off()
    bar.set_label(caption, color=BLACK)
