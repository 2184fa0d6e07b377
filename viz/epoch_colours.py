"""Colours of epochs: from light to dark, each as different from the next as the map allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.colors import ListedColormap

# matplotlib's inferno: its darkness grows evenly, its hue goes from yellow over red to violet. Its lightest
# colours are hard to see on white paper, and its darkest are all black.
_MAP, _LIGHT, _DARK = "inferno", 0.8, 0.05
_STEPS = 1000
_RGB_TO_XYZ = np.array(  # of sRGB, each row divided by that of white
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
) / np.array([[0.95047], [1.0], [1.08883]])
_MARKERS = "osDPX"


def epoch_colours(epochs: int) -> ListedColormap:
    """Return a colour per epoch, equally far from each other along the map, in the CIE's L*a*b* space."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    way = colormaps[_MAP](np.linspace(_LIGHT, _DARK, _STEPS))
    lengths = np.linalg.norm(np.diff(lab(way[:, :3]), axis=0), axis=1)
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.searchsorted(passed, np.linspace(0, passed[-1], epochs))
    return ListedColormap(way[np.minimum(places, _STEPS - 1)])


def marker_of(epoch: int) -> str:
    """Return an epoch's marker, which tells it from the epochs of similar colours."""
    return _MARKERS[epoch % len(_MARKERS)]


def lab(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return colours in L*a*b*, in which distances are differences to the eye, about 2 being the least seen.

    Parameters
    ----------
    rgb : (n, 3) array
        In sRGB, from 0 to 1.
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _RGB_TO_XYZ.T
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
