"""What the page shows, computed by the engine: gradients by step in an Elman network, an LSTM and a GRU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import minigrad as mg
import models
from minigrad.cotangent import as_dense
from minigrad.ops.formula import ACTIVATIONS
from viz.explorer.draws import Array, Drawn, drawn
from viz.explorer.settings import Settings


def explore(settings: Settings) -> dict[str, Array]:
    """Return ‖∂J/∂h_t‖ of all three cells for a setting, each (T + 1,), and Elman's bound."""
    made = drawn(settings)
    norms = gradient_norms(made, settings.f, settings.forget)
    factor = float(np.linalg.norm(made.weights["elman"]["W"], 2)) * largest_slope(settings.f)
    return norms | {"bound": factor ** np.arange(settings.T, -1.0, -1.0)}


def largest_slope(f: str) -> float:
    """Return γ, the largest slope of an activation whose slope is largest where its value is that at 0.

    ReLU has no slope at 0; its largest is that at any positive value.
    """
    slope = ACTIVATIONS[f].slope
    assert slope is not None
    middle = {"sigmoid": 0.5, "relu": 1.0}.get(f, 0.0)
    return float(slope(np.array([middle]))[0])


def gradient_norms(made: Drawn, f: str, forget: float, mode: str = "level") -> dict[str, Array]:
    """Return ‖∂J/∂h_t‖ for t = 0 … T, each (T + 1,), where J = g · h_T and h_0 = 0.

    Parameters
    ----------
    made : Drawn
        Matrices, words and cotangent, drawn here or by the page.
    f : str
        Elman's activation.
    forget : float
        The LSTM's forget bias.
    mode : str
        Of the fold.
    """
    D, rng = len(made.g), np.random.default_rng(0)  # every matrix is replaced
    cells: dict[str, mg.Cell] = {
        "elman": models.Elman(D, rng, f, np.float64),
        "lstm": models.LSTM(D, rng, np.float64, forget_bias=forget),
        "gru": models.GRU(D, rng, np.float64),
    }
    return {name: _norms(cell, made.weights[name], made, mode) for name, cell in cells.items()}


def _norms(cell: mg.Cell, weights: Mapping[str, Array], made: Drawn, mode: str) -> Array:
    parameters = dict(cell.named_parameters())
    with mg.no_grad():
        for name, value in weights.items():
            parameters[name].copy_(value)
    steps, D = made.x.shape
    forest = models.chain_forest(np.zeros(steps, int), [steps], models.Vocabulary(["word", "start"]))
    leaves = np.zeros((steps + 1, D))
    leaves[forest.word[forest.leaves] == 0] = made.x
    h = models.encode(cell, forest, leaves, mode)["h"]
    (mg.gather(h, forest.root) * made.g).sum().backward()
    assert h.grad is not None
    gradients = as_dense(h.grad)[::2]  # rows of a chain: start, word 1, node 1, word 2, node 2, …
    # Scaled before they are squared: 1e-170 is not 0.
    largest = np.abs(gradients).max(axis=1, keepdims=True)
    shares = np.divide(gradients, largest, out=np.zeros_like(gradients), where=largest > 0)
    return np.asarray(largest[:, 0] * np.linalg.norm(shares, axis=1))
