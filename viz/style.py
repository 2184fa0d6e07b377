"""How a node looks: its colour, or a special border if its value has no colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from viz.colour import BLACK, WHITE, text_colour


@dataclass(frozen=True)
class Style:
    """How a node with some value looks.

    Attributes
    ----------
    fill, font : str
        Colours as ``#rrggbb``.
    line : str
        Graphviz line style of the border: ``solid``, ``dashed`` or ``dotted``.
    border : str
        Colour of the border.
    width : float
        Width of the border in points.
    note : str or None
        What the legend says about a value that is not on the scale; None for one that is.
    """

    fill: str
    font: str = BLACK
    line: str = "solid"
    border: str = "#404040"
    width: float = 1.0
    note: str | None = None


# They are told apart by their borders, since white may be close to a colour of the map.
ZERO = Style(WHITE, line="dashed", note="exactly zero")
OUTSIDE = Style(WHITE, line="dotted", width=2.0, note="outside the scale")
INFINITE = Style(WHITE, border="#d55e00", width=3.0, note="infinite")
NAN = Style(WHITE, line="dashed", border="#d55e00", width=3.0, note="not a number")
SPECIAL = (ZERO, OUTSIDE, INFINITE, NAN)


def on_the_map(colormap: str, position: float) -> Style:
    """Return the style at a position of a colour map, 0 to 1: its colour with black or white text."""
    colours = map_colours(colormap)
    fill = colours[min(len(colours) - 1, max(0, int(position * len(colours))))]
    return Style(fill, text_colour(fill))


@cache
def map_colours(colormap: str) -> tuple[str, ...]:
    """Return 256 colours of one of matplotlib's maps, by its name, as ``#rrggbb``.

    Raises
    ------
    ValueError
        There is no map of that name.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if colormap not in colormaps:
        raise ValueError(f"matplotlib has no colour map {colormap!r}; cividis and PuOr_r are good ones")
    return tuple(to_hex(colour) for colour in colormaps[colormap].resampled(256)(range(256)))
