"""A scale for numbers of either sign, such as the activation of a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viz.limits import round_up
from viz.style import INFINITE, NAN, OUTSIDE, Style, map_colours, on_the_map
from viz.text import short_number


@dataclass(frozen=True)
class ActivationScale:
    """Colours for numbers around 0, linear and diverging (matplotlib's PuOr, reversed).

    Parameters
    ----------
    limit : float
        The scale runs from −limit to limit, both included; 0 < limit < inf. A value outside has a border of
        its own.
    colormap : str
        The name of a diverging map of matplotlib's.

    Raises
    ------
    ValueError
        The limit is not positive and finite, or there is no such map.
    """

    limit: float
    colormap: str = "PuOr_r"
    quantity = "activation"
    caption = "activation"

    def __post_init__(self) -> None:
        if not 0 < self.limit < math.inf:
            raise ValueError(f"a scale around 0 needs 0 < limit < inf, not {self.limit:g}")
        map_colours(self.colormap)

    @classmethod
    def fit(cls, *values: npt.ArrayLike) -> ActivationScale:
        """Return the scale that holds all values: its limit is 1, 2 or 5 times a power of ten.

        NaN and infinities have styles of their own and are ignored. If nothing but zeros is left, it is 1.
        """
        flat = np.concatenate([np.zeros(1), *(np.ravel(np.asarray(v, np.float64)) for v in values)])
        largest = float(np.abs(flat[np.isfinite(flat)]).max())
        return cls(round_up(largest) if largest else 1.0)

    def style(self, value: float) -> Style:
        """Return how a value looks."""
        value = float(value)
        if math.isnan(value):
            return NAN
        if math.isinf(value):
            return INFINITE
        return on_the_map(self.colormap, self.position(value)) if abs(value) <= self.limit else OUTSIDE

    def printed(self, value: float) -> str:
        """Return a value as a tooltip shows it."""
        return short_number(value).replace("-", "−")

    def position(self, value: float) -> float:
        """Return where between the limits a value lies: 0 at −limit, 0.5 at 0, 1 at limit."""
        return 0.5 + 0.5 * value / self.limit

    def at(self, position: float) -> float:
        """Return the value at a position between 0 and 1; the inverse of `position`."""
        return (2 * position - 1) * self.limit

    def ticks(self) -> tuple[float, ...]:
        """Return values for an axis, ascending."""
        return -self.limit, -self.limit / 2, 0.0, self.limit / 2, self.limit
