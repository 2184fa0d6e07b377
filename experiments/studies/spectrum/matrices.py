"""Recurrent matrices of a given spectral norm, and different ones with the same singular values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from minigrad.nn import initial


@dataclass(frozen=True, kw_only=True)
class Recurrent:
    """The settings of a recurrent matrix.

    Attributes
    ----------
    matrix : str
        One of `MATRICES`.
    D : int
        It is (D, D).
    norm : float
        σ, its largest singular value.
    radius, line : float and int, or None
        Of `delay`.
    rest : float or None
        Of `outlier`.
    """

    matrix: str
    D: int
    norm: float
    radius: float | None = None
    line: int | None = None
    rest: float | None = None


def gaussian(rng: np.random.Generator, of: Recurrent) -> np.ndarray:
    """Independent normal elements, scaled: of norm σ it has a spectral radius of about σ/2."""
    return initial("spectral", rng, (of.D, of.D), np.float64, norm=of.norm)


def orthogonal(rng: np.random.Generator, of: Recurrent) -> np.ndarray:
    """σQ with Q orthogonal: all its singular values and the moduli of all its eigenvalues are σ."""
    return initial("orthogonal", rng, (of.D, of.D), np.float64, gain=of.norm)


def delay(rng: np.random.Generator, of: Recurrent) -> np.ndarray:
    """Delay lines, whose radius lies below their norm (Ganguli et al. 2008); draws nothing.

    The radius on the diagonal, and above it a constant c, interrupted after every `line` units, as large as
    the norm σ asks for: what enters a line grows on its way along it, and is gone at its end. The matrix is
    kept triangular, since in another basis rounding alone moves such eigenvalues.
    """
    D, norm, radius, line = of.D, of.norm, of.radius, of.line
    if line is None or radius is None or not 2 <= line <= D or not 0 <= radius < norm:
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


def outlier(rng: np.random.Generator, of: Recurrent) -> np.ndarray:
    """A symmetric matrix with one eigenvalue σ, all others `rest`."""
    assert of.rest is not None
    Q = initial("orthogonal", rng, (of.D, of.D), np.float64)
    eigenvalues = np.full(of.D, of.rest)
    eigenvalues[0] = of.norm
    return (Q * eigenvalues) @ Q.T


MATRICES: dict[str, Callable[[np.random.Generator, Recurrent], np.ndarray]] = {
    "gaussian": gaussian,
    "orthogonal": orthogonal,
    "delay": delay,
    "outlier": outlier,
}


def turned(W: np.ndarray, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return a matrix for every step, (steps, D, D): Q_t W R_t with random orthogonal Q_t and R_t.

    They have W's singular values, in other directions at each step. So a bound made of norms is the same, and
    any difference comes from using one matrix at all steps.
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
    """Return ‖W‖_F/√D: the factor, root mean square, by which W changes a vector of random direction."""
    return np.linalg.norm(W, axis=(-2, -1)) / np.sqrt(W.shape[-1])
