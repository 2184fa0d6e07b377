"""The page's matrices, words and cotangents in NumPy: the twin of random.js, matrices.js and flow.js.

With it the engine can check a preset, and draw the still, where no JavaScript runs. Both draw the same random
integers; what is made of them agrees up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from viz.explorer.settings import Settings

Array = npt.NDArray[np.float64]
LINE, SHARE = 10, 2 / 3  # units of a delay line; its radius as a share of its norm
GATES = {"lstm": ("f", "i", "o"), "gru": ("u", "r")}
CANDIDATES = {"elman": "", "lstm": "c", "gru": "h"}  # the suffix of the matrix that all cells share


@dataclass(frozen=True)
class Drawn:
    """What a setting stands for.

    Attributes
    ----------
    weights : dict
        "elman", "lstm" and "gru": matrices (D, D) by the names of `models`' cells.
    x : (T, D) array
        The words.
    g : (D,) array
        The cotangent of h_T, of norm 1.
    """

    weights: dict[str, dict[str, Array]]
    x: Array
    g: Array


def drawn(settings: Settings) -> Drawn:
    """Return the matrices, words and cotangent of a setting."""
    D, seed = settings.D, settings.seed
    weights: dict[str, dict[str, Array]] = {
        cell: {f"W{suffix}": recurrent(settings, "W"), f"U{suffix}": np.eye(D)}
        for cell, suffix in CANDIDATES.items()
    }
    for cell, gates in GATES.items():
        for gate in gates:
            weights[cell][f"W{gate}"] = recurrent(settings, f"{cell}.W{gate}")
            weights[cell][f"U{gate}"] = normals(seed, f"{cell}.U{gate}", D * D).reshape(D, D) / np.sqrt(D)
    g = normals(seed, "g", D)
    x = settings.input * normals(seed, "x", settings.T * D).reshape(settings.T, D)
    return Drawn(weights, x, g / np.linalg.norm(g))


def recurrent(settings: Settings, name: str) -> Array:
    """Return the recurrent matrix of this name, (D, D), of the kind and scale that the settings ask for."""
    D = settings.D
    W = np.eye(D)
    if settings.matrix in ("orthogonal", "gaussian"):
        W = normals(settings.seed, name, D * D).reshape(D, D)
    if settings.matrix == "orthogonal":
        Q, R = np.linalg.qr(W)
        W = Q * np.sign(np.diag(R))
    elif settings.matrix == "delay":
        W = _delay_line(D)
    size = np.linalg.norm(W, 2) if settings.by == "norm" else np.abs(np.linalg.eigvals(W)).max()
    return settings.scale / size * W


def _delay_line(D: int) -> Array:
    """Return delay lines of 10 units (Ganguli et al. 2008), of norm 1 and radius 2/3."""
    if D == 1:
        return np.eye(1)
    diagonal = SHARE * np.eye(D)
    above = np.diag((np.arange(1, D) % LINE != 0).astype(float), 1)
    c = brentq(lambda c: np.linalg.norm(diagonal + c * above, 2) - 1, 1 - SHARE, 1 + SHARE, xtol=1e-15)
    return diagonal + c * above


def normals(seed: int, name: str, count: int) -> Array:
    """Return normal numbers of the stream "seed/name": Mulberry32, and Box and Muller's transform."""
    state = 0x811C9DC5  # FNV-1a
    for character in f"{seed}/{name}":
        state = (state ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    pairs = (count + 1) // 2
    words = _mulberry32(state, 4 * pairs).reshape(pairs, 2, 2)
    high, low = (words[..., 0] >> np.uint64(5)).astype(float), (words[..., 1] >> np.uint64(6)).astype(float)
    uniform = (high * 2.0**26 + low + 0.5) / 2.0**53
    length, angle = np.sqrt(-2 * np.log(uniform[:, 0])), 2 * np.pi * uniform[:, 1]
    return np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1).ravel()[:count]


def _mulberry32(state: int, count: int) -> npt.NDArray[np.uint64]:
    mask = np.uint64(0xFFFFFFFF)
    s = (np.uint64(state) + np.uint64(0x6D2B79F5) * np.arange(1, count + 1, dtype=np.uint64)) & mask
    z = (s ^ (s >> np.uint64(15))) * (s | np.uint64(1)) & mask
    z ^= (z + (z ^ (z >> np.uint64(7))) * (z | np.uint64(61))) & mask
    return (z ^ (z >> np.uint64(14))) & mask
