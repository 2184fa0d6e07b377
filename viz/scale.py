"""From a gradient norm to a colour: logarithmic, shared by pictures, honest at the edges."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from viz.colour import BLACK, WHITE, text_colour

MOST_TICKS = 9


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


# White is no colour of cividis, which runs from dark blue to yellow.
ZERO = Style(WHITE, line="dashed", note="exactly zero")
OUTSIDE = Style(WHITE, line="dotted", width=2.0, note="outside the scale")
INFINITE = Style(WHITE, border="#d55e00", width=3.0, note="infinite")
NAN = Style(WHITE, line="dashed", border="#d55e00", width=3.0, note="not a number")
SPECIAL = (ZERO, OUTSIDE, INFINITE, NAN)


@dataclass(frozen=True)
class NormScale:
    """Colours for norms between two limits, by their logarithm (matplotlib's cividis).

    Give the same scale to every picture that will be compared. A value outside the limits keeps
    a mark of its own and is never drawn in the colour of a limit.

    Parameters
    ----------
    vmin, vmax : float
        The limits, 0 < vmin < vmax, both included.

    Raises
    ------
    ValueError
        The limits are not finite, not positive or not in order.
    """

    vmin: float
    vmax: float

    def __post_init__(self) -> None:
        if not (0 < self.vmin < self.vmax < math.inf):
            raise ValueError(
                f"a scale needs 0 < vmin < vmax < inf, not vmin={self.vmin:g}, vmax={self.vmax:g}"
            )

    @classmethod
    def fit(cls, *values: npt.ArrayLike) -> "NormScale":
        """Return the scale that holds all values, its limits rounded outwards to decades.

        Zeros, NaN and infinities have styles of their own and do not count. Where nothing is
        left, the scale runs from 0.1 to 1.

        Parameters
        ----------
        *values : array_like
            Norms of any shape: those of all pictures that will share the scale.
        """
        flat = np.concatenate([np.zeros(0), *(np.ravel(np.asarray(v, float)) for v in values)])
        kept = flat[np.isfinite(flat) & (flat > 0)]
        if kept.size == 0:
            return cls(0.1, 1.0)
        low, high = _decade_below(kept.min()), _decade_above(kept.max())
        if low == high:  # every value is the same power of ten: put it in the middle
            low, high = low - 1, high + 1
        step = math.ceil((high - low) / (MOST_TICKS - 1))
        low -= (low - high) % step
        # Powers of ten beyond the range of float64 become its first and last number.
        return cls(max(float(f"1e{low}"), 5e-324), min(float(f"1e{high}"), np.finfo(float).max))

    def style(self, value: float) -> Style:
        """Return how a node with this value looks.

        Raises
        ------
        ValueError
            The value is negative, which no norm is.
        """
        value = float(value)
        if value < 0:
            raise ValueError(f"a norm is not negative, but one of the values is {value:g}")
        if math.isnan(value):
            return NAN
        if value == 0:
            return ZERO
        if math.isinf(value):
            return INFINITE
        inside = self.vmin <= value <= self.vmax
        return _on_the_map(self.position(value)) if inside else OUTSIDE

    def position(self, value: float) -> float:
        """Return where between the limits a value lies: 0 at ``vmin``, 1 at ``vmax``."""
        low, high = math.log10(self.vmin), math.log10(self.vmax)
        return (math.log10(value) - low) / (high - low)

    def at(self, position: float) -> float:
        """Return the value at a position between 0 and 1; the inverse of `position`."""
        if position <= 0 or position >= 1:
            return self.vmin if position <= 0 else self.vmax
        low, high = math.log10(self.vmin), math.log10(self.vmax)
        return min(max(10 ** (low + position * (high - low)), self.vmin), self.vmax)

    def ticks(self) -> tuple[float, ...]:
        """Return values for an axis, equally far apart in the logarithm, both limits included.

        They are powers of ten where the limits are, as those of `fit` are.
        """
        low, high = _decade_below(self.vmin), _decade_above(self.vmax)
        if _decade_above(self.vmin) != low or _decade_below(self.vmax) != high:
            return tuple(self.at(i / 4) for i in range(5))
        step = next(s for s in range(1, high - low + 1) if _divides_well(s, high - low))
        return tuple(float(f"1e{power}") for power in range(low, high + 1, step))


@cache
def _colours() -> tuple[str, ...]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return tuple(to_hex(colour) for colour in colormaps["cividis"](range(256)))


def _on_the_map(position: float) -> Style:
    fill = _colours()[min(255, max(0, int(position * 256)))]
    return Style(fill, text_colour(fill))


def _decade_below(value: float) -> int:
    """Return the largest k with 10^k <= value."""
    power = math.floor(math.log10(value))
    # log10 is rounded: next to a power of ten it may be one off.
    if float(f"1e{power}") > value:
        return power - 1
    return power + 1 if float(f"1e{power + 1}") <= value else power


def _decade_above(value: float) -> int:
    """Return the smallest k with value <= 10^k."""
    low = _decade_below(value)
    return low if value == float(f"1e{low}") else low + 1


def _divides_well(step: int, decades: int) -> bool:
    return decades % step == 0 and decades // step < MOST_TICKS
