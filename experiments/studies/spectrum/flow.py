"""The norm of a gradient by the distance that it has been propagated back, and its upper bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import minigrad as mg
import models
from experiments.studies.spectrum.matrices import norm
from minigrad.cotangent import as_dense
from minigrad.ops.formula import ACTIVATIONS

ROUNDING = 1e-10  # relative to a bound: more than the rounding of a hundred steps in float64

MAX_SLOPE = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0}


@dataclass(frozen=True)
class Flow:
    """States of S chains of T words and the gradients with respect to them; index 0 is the start, T the end.

    Attributes
    ----------
    states, gradients : (S, T + 1, D) arrays
    """

    states: np.ndarray
    gradients: np.ndarray

    @classmethod
    def of(cls, states: mg.NodeStates, forest: models.Forest) -> Flow:
        """Read states and gradients of a fold over chains of one length, after backward."""
        h, chains = states["h"], len(forest)
        assert h.grad is not None
        # Rows of a chain: start, word 1, node 1, word 2, node 2, …
        of_h, of_grad = (a.reshape(chains, -1, a.shape[1])[:, ::2] for a in (h.data, as_dense(h.grad)))
        return cls(of_h, of_grad)

    def norms(self) -> np.ndarray:
        """Return the gradients' norms by distance from the last word, (S, T + 1)."""
        return np.linalg.norm(self.gradients, axis=2)[:, ::-1]


@dataclass(frozen=True)
class Bounds:
    """Upper bounds of ‖∂J/∂h_{T−k}‖ if ‖∂J/∂h_T‖ is 1, by distance k; each is at least the one before.

    Attributes
    ----------
    product : (S, T + 1) array
        ‖J_T J_{T−1} … J_{T−k+1}‖, where J_t = diag(f'(z_t)) W_t is the Jacobian ∂h_t/∂h_{t−1}.
    jacobians : (S, T + 1) array
        ∏ ‖J_t‖.
    matrices : (T + 1,) array
        ∏ γ‖W_t‖, with γ the largest slope of f: the bound of Pascanu et al. (2013), known before any input.
    """

    product: np.ndarray
    jacobians: np.ndarray
    matrices: np.ndarray


def bounds(flow: Flow, W: np.ndarray, activation: str) -> Bounds:
    """Return the bounds for chains with the matrices W (T, D, D), one for every step."""
    chains, steps = flow.states.shape[0], len(W)
    slope = ACTIVATIONS[activation].slope
    assert slope is not None  # all of those in `MAX_SLOPE` have one
    slopes = slope(flow.states)
    product = np.broadcast_to(np.eye(W.shape[1]), (chains, *W.shape[1:]))
    of_product, of_jacobians = np.ones((chains, steps + 1)), np.ones((chains, steps + 1))
    for k in range(1, steps + 1):
        t = steps - k + 1
        J = slopes[:, t, :, None] * W[t - 1]
        product = product @ J
        of_product[:, k] = norm(product)
        of_jacobians[:, k] = of_jacobians[:, k - 1] * norm(J)
    return Bounds(of_product, of_jacobians, by_matrices(W, activation))


def by_matrices(W: np.ndarray, activation: str) -> np.ndarray:
    """Return ∏ γ‖W_t‖ over the last k steps for k = 0 … T, (T + 1,), for matrices W (T, D, D)."""
    return np.concatenate([[1.0], np.cumprod(MAX_SLOPE[activation] * norm(W)[::-1])])


def worst(gradients: np.ndarray, bound: np.ndarray) -> float:
    """Return the largest ratio of a gradient's norm (…, T + 1) to its bound, which scales with that at 0.

    Distance 0 is left out. A gradient of 0 is within any bound.
    """
    allowed = (gradients[..., :1] * bound)[..., 1:]
    found = gradients[..., 1:]
    with np.errstate(divide="ignore"):  # over a bound of 0: infinity
        return float(np.divide(found, allowed, out=np.zeros_like(found), where=found > 0).max())
