"""How parameters start: by name, from a passed generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.rng import require_generator

Shape = tuple[int, ...]


def uniform(rng: np.random.Generator, shape: Shape, bound: float) -> np.ndarray:
    """U(−bound, bound)."""
    return rng.uniform(-bound, bound, shape)


def fan_in_uniform(rng: np.random.Generator, shape: Shape, fan_in: int | None = None) -> np.ndarray:
    """U(−1/√fan_in, 1/√fan_in); `fan_in` is the length of the last axis unless given.

    Give it where several matrices feed one unit: their inputs count together.
    """
    n = shape[-1] if fan_in is None else fan_in
    if not n > 0:
        raise ValueError(f"the init 'fan_in_uniform' needs at least one input, not {n}")
    return uniform(rng, shape, 1 / np.sqrt(n))


def orthogonal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> np.ndarray:
    """`gain` times a matrix with orthonormal rows or columns, uniform over all such (Haar)."""
    rows, columns = _matrix(shape, "orthogonal")
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))  # QR's signs are a convention; without this the draw is not uniform
    return gain * (q if rows >= columns else q.T)


def identity(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> np.ndarray:
    """`gain` times the identity; draws nothing."""
    return gain * np.eye(*_matrix(shape, "identity"))


def spectral(rng: np.random.Generator, shape: Shape, norm: float = 1.0) -> np.ndarray:
    """A Gaussian matrix scaled so that its largest singular value, its spectral norm, is `norm`.

    Gradients through a recurrent matrix of spectral norm below 1 vanish, whatever they meet on their way.
    """
    _matrix(shape, "spectral")
    W = rng.standard_normal(shape)
    return W * (norm / np.linalg.norm(W, 2))


def constant(rng: np.random.Generator, shape: Shape, value: float) -> np.ndarray:
    """`value` everywhere; draws nothing. With a bias of 1 a forget gate starts open (Gers et al. 2000)."""
    return np.full(shape, float(value))


def zeros(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Zeros; draws nothing."""
    return np.zeros(shape)


INITS: dict[str, Callable[..., np.ndarray]] = {
    init.__name__: init for init in (uniform, fan_in_uniform, orthogonal, identity, spectral, constant, zeros)
}


def initial(
    name: str, rng: np.random.Generator, shape: Shape, dtype: Any = np.float32, **options: Any
) -> np.ndarray:
    """Return an array drawn by the init called `name`, one of `INITS`.

    Raises
    ------
    ValueError
        If there is no such init, or the shape does not suit it.
    TypeError
        If `rng` is not a Generator.
    """
    if name not in INITS:
        raise ValueError(f"there is no init {name!r}; choose one of {', '.join(INITS)}")
    require_generator(rng, f"the init {name!r}")
    return INITS[name](rng, shape, **options).astype(dtype)


def _matrix(shape: Shape, name: str) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(f"the init {name!r} makes matrices, not shape {shape}")
    return shape[0], shape[1]
