"""Points that are based on few trees: hollow, and explained in the legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from viz.page import sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

FEW = 20  # trees; a median of fewer says little


def hollow(
    axes: Axes,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    counts: Sequence[int] | npt.NDArray[np.int_],
    colour: Any,
    size: float,
    marker: str = "o",
) -> None:
    """Draw a hollow point over each one that is based on fewer than `FEW` trees.

    Parameters
    ----------
    axes : Axes
    x, y : (n,) array_like
    counts : sequence of int
        How many trees there are at every x; empty if unknown.
    colour
        Of the points.
    size : float
        Of the points, in points.
    marker : str
        Of the points, as matplotlib has it.
    """
    places, heights = np.asarray(x, float), np.asarray(y, float)
    few = [k for k, count in enumerate(counts) if count < FEW and np.isfinite(heights[k])]
    if few:
        axes.scatter(
            places[few],
            heights[few],
            s=size**2,
            marker=marker,
            facecolor="white",
            edgecolor=[colour],
            linewidth=0.8,
            zorder=5,
        )


def entry(colour: Any, size: float, counted: str = "trees") -> Line2D:
    """Return the legend's entry for such points; `counted`: what was counted, in words."""
    point = {"linestyle": "", "marker": "o", "markersize": size}
    inside = {"markerfacecolor": "white", "markeredgewidth": 0.8}
    return sample(f"fewer than {FEW} {counted}", colour, **point, **inside)
