"""Recurrent matrices of a given spectral norm, and one for every step with the same singular values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq

from minigrad.nn import initial

Settings = dict[str, Any]


def gaussian(rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """Independent normal elements, scaled: of norm σ it has a spectral radius of about σ/2."""
    return _drawn("spectral", rng, settings, norm=settings["norm"])


def orthogonal(rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """σQ with Q orthogonal: all its singular values and the moduli of all its eigenvalues are σ."""
    return _drawn("orthogonal", rng, settings, gain=settings["norm"])


def delay(rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """Delay lines, whose radius lies below their norm (Ganguli et al. 2008); draws nothing.

    ``settings["radius"]`` on the diagonal, and above it a constant c, interrupted after every
    ``settings["line"]`` units, as large as the norm σ asks for: what enters a line grows on its way along it,
    and leaves it at its end. It is kept triangular: in another basis rounding alone moves such eigenvalues.
    """
    D, norm, radius = settings["D"], settings["norm"], settings["radius"]
    line = settings["line"]
    if not 2 <= line <= D or not 0 <= radius < norm:
        raise ValueError(
            f"delay lines have 2 to {D} units and a radius below the norm: {line=}, {radius=}, {norm=}"
        )
    diagonal = radius * np.eye(D)
    above = np.diag((np.arange(1, D) % line != 0).astype(float), 1)

    def excess(c: float) -> float:
        return float(np.linalg.norm(diagonal + c * above, 2)) - norm

    # ‖diagonal + c above‖ lies between c − radius and c + radius.
    c = brentq(excess, norm - radius, norm + radius, xtol=1e-15)
    return diagonal + c * above


def outlier(rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """A symmetric matrix with one eigenvalue σ, all others ``settings["rest"]``."""
    D = settings["D"]
    Q = initial("orthogonal", rng, (D, D), np.float64)
    eigenvalues = np.full(D, float(settings["rest"]))
    eigenvalues[0] = settings["norm"]
    return (Q * eigenvalues) @ Q.T


MATRICES: dict[str, Callable[[np.random.Generator, Settings], np.ndarray]] = {
    "gaussian": gaussian,
    "orthogonal": orthogonal,
    "delay": delay,
    "outlier": outlier,
}


def turned(W: np.ndarray, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return a matrix for every step, (steps, D, D): Q_t W R_t with random orthogonal Q_t and R_t.

    They have W's singular values, in other directions at each step. So a bound made of norms is the same, and
    whatever is different comes from using one matrix again and again.
    """
    D = len(W)
    made = [
        initial("orthogonal", rng, (D, D), np.float64) @ W @ initial("orthogonal", rng, (D, D), np.float64)
        for _ in range(steps)
    ]
    return np.stack(made)


def radius(W: np.ndarray) -> np.ndarray:
    """Return the largest modulus of an eigenvalue of each matrix, of (…, D, D)."""
    return np.abs(np.linalg.eigvals(W)).max(axis=-1)


def norm(W: np.ndarray) -> np.ndarray:
    """Return the largest singular value of each matrix, of (…, D, D)."""
    return np.linalg.norm(W, 2, axis=(-2, -1))


def typical(W: np.ndarray) -> np.ndarray:
    """Return ‖W‖_F/√D: what W multiplies a vector of random direction by, in the root mean square."""
    return np.linalg.norm(W, axis=(-2, -1)) / np.sqrt(W.shape[-1])


def _drawn(init: str, rng: np.random.Generator, settings: Settings, **options: float) -> np.ndarray:
    return initial(init, rng, (settings["D"], settings["D"]), np.float64, **options)
