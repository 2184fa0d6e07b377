"""Logarithmic scales that map numbers to colours and are shared by pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from viz.limits import LEAST, MOST, log_ticks, positive, round_down, round_up
from viz.style import INFINITE, NAN, OUTSIDE, ZERO, Style, map_colours, on_the_map
from viz.text import short_number


@dataclass(frozen=True)
class Scale:
    """Colours for positive numbers between two limits, by their logarithm; see `NormScale`, `RatioScale`.

    Give the same scale to every picture that will be compared. A value outside the limits gets
    a border of its own and is never drawn in the colour of a limit.

    Attributes
    ----------
    quantity : str
        What the numbers are called in tooltips.
    caption : str
        What the legend says they are.
    """

    vmin: float
    vmax: float
    colormap: str = "cividis"

    quantity: ClassVar[str]
    caption: ClassVar[str]

    def __post_init__(self) -> None:
        if not (0 < self.vmin < self.vmax < math.inf):
            raise ValueError(
                f"a scale needs 0 < vmin < vmax < inf, not vmin={self.vmin:g}, vmax={self.vmax:g}"
            )
        if math.log10(self.vmin) == math.log10(self.vmax):
            raise ValueError(f"the limits of a scale are too near to each other: {self.vmin}, {self.vmax}")
        map_colours(self.colormap)

    def numbers(self, norms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the numbers that this scale shows, given a tree's norms (number of nodes,) in post-order."""
        raise NotImplementedError

    def shade(self, value: float) -> float:
        """Return where on the colour map a value between the limits lies, 0 to 1."""
        raise NotImplementedError

    def style(self, value: float) -> Style:
        """Return how a node with this value looks.

        Raises
        ------
        ValueError
            The value is negative, which no norm and no ratio of norms is.
        """
        value = float(value)
        if value < 0:
            raise ValueError(f"a {self.quantity} is not negative, but one of the values is {value:g}")
        if math.isnan(value):
            return NAN
        if value == 0:
            return ZERO
        if math.isinf(value):
            return INFINITE
        inside = self.vmin <= value <= self.vmax
        return on_the_map(self.colormap, self.shade(value)) if inside else OUTSIDE

    def printed(self, value: float) -> str:
        """Return a value as a node shows it."""
        return short_number(value)

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
        """Return values for an axis, ascending: both limits, and round numbers between them."""
        return log_ticks(self.vmin, self.vmax)


class NormScale(Scale):
    """Colours for norms, sequential (matplotlib's cividis, which reads the same without colour vision).

    Parameters
    ----------
    vmin, vmax : float
        The limits, 0 < vmin < vmax, both included.
    colormap : str
        The name of a sequential map of matplotlib's.

    Raises
    ------
    ValueError
        The limits are not finite, not positive or not in order, or there is no such map.
    """

    quantity = "norm"
    caption = "gradient norm ‖∂J/∂p‖ at each node"

    @classmethod
    def fit(cls, *norms: npt.ArrayLike) -> NormScale:
        """Return the scale that holds all norms; its limits are 1, 2 or 5 times a power of ten.

        Zeros, NaN and infinities have styles of their own and are ignored. If nothing is left, the
        scale runs from 0.1 to 1.

        Parameters
        ----------
        *norms : array_like
            Of any shape: those of all pictures that will share the scale.
        """
        kept = positive(*norms)
        if kept.size == 0:
            return cls(0.1, 1.0)
        low, high = round_down(kept.min()), round_up(kept.max())
        if low == high:  # every value is the same round number: put it in the middle
            low, high = max(low / 10, LEAST), min(high * 10, MOST)
        return cls(low, high)

    def numbers(self, norms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the norms themselves."""
        return norms

    def shade(self, value: float) -> float:
        """Return where on the colour map a value between the limits lies, 0 to 1."""
        return self.position(value)


@dataclass(frozen=True)
class RatioScale(Scale):
    """Colours for norms as a share of the root's, diverging around 1 (matplotlib's PuOr, reversed).

    Equal factors above and below 1 are equally far from the middle of the map: purple is where the gradient
    has vanished, orange where it has exploded.

    Parameters
    ----------
    vmin, vmax : float
        The limits, 0 < vmin ≤ 1 ≤ vmax, both included, not both 1.
    colormap : str
        The name of a diverging map of matplotlib's.

    Raises
    ------
    ValueError
        1 is not between the limits, or they are not as in `NormScale`, or there is no such map.
    """

    colormap: str = "PuOr_r"

    quantity = "ratio"
    caption = "gradient norm ‖∂J/∂p‖ at each node / at the root"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.vmin <= 1 <= self.vmax:
            raise ValueError(
                f"a scale of ratios has 1 between its limits, not vmin={self.vmin:g}, vmax={self.vmax:g}"
            )

    @classmethod
    def fit(cls, *norms: npt.ArrayLike) -> RatioScale:
        """Return the scale that holds the ratios of some trees; its limits are as round as `NormScale.fit`'s.

        Parameters
        ----------
        *norms : array_like
            The norms of one tree each, in post-order, so that the root's comes last.
        """
        kept = positive(*(ratios_to_root(np.asarray(values, np.float64)) for values in norms), 1.0)
        low, high = round_down(kept.min()), round_up(kept.max())
        return cls(0.1, 10.0) if low == high else cls(low, high)

    def numbers(self, norms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the norms as shares of the root's."""
        return ratios_to_root(norms)

    def shade(self, value: float) -> float:
        """Return where on the colour map a value between the limits lies, 0 to 1; 1 lies at 0.5."""
        reach = max(-math.log10(self.vmin), math.log10(self.vmax))
        return 0.5 + 0.5 * math.log10(value) / reach


SCALES: dict[str, type[NormScale] | type[RatioScale]] = {"norm": NormScale, "ratio": RatioScale}


def ratios_to_root(norms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return norms in post-order divided by the last one, the root's.

    0/0 and x/∞ are NaN. A quotient of two positive numbers that is too small or too large for float64 is
    the least or greatest number that float64 has, not 0 or ∞.
    """
    if norms.size == 0:
        return norms
    root = norms[-1]
    if np.isinf(root):
        return np.full_like(norms, np.nan)
    with np.errstate(all="ignore"):
        ratios = norms / root
    beyond = np.isfinite(norms) & (norms > 0) & (root > 0)
    return np.where(beyond, np.clip(ratios, LEAST, MOST), ratios)


def fitted(scale: Scale | str, *norms: npt.ArrayLike) -> Scale:
    """Return a scale for the norms of some trees: the one given, or the kind of that name, fitted to them.

    Raises
    ------
    ValueError
        There is no kind of that name.
    """
    if isinstance(scale, Scale):
        return scale
    if scale not in SCALES:
        raise ValueError(f"a scale is {' or '.join(map(repr, SCALES))}, or a Scale, not {scale!r}")
    return SCALES[scale].fit(*norms)
