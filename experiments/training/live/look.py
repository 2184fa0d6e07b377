"""What a look at a model consists of: the gradients in a sentence, eigenvalues of matrices, gates."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from minigrad.context import observing
from minigrad.graph import Node, Observer
from viz.heat import gradient_norms

LARGEST = 300  # rows of a matrix whose eigenvalues are followed; of larger ones they take too long
GATE_QUANTILES = (0.1, 0.5, 0.9)
MOST_NODES = 199  # of a sentence that is chosen


def sentence_of(forest: models.Forest) -> models.Forest:
    """Return one tree of a forest to be looked at: the first of median size, among those that fit."""
    starts = np.concatenate([[0], forest.root[:-1] + 1])
    sizes = forest.root + 1 - starts
    fit = np.flatnonzero(sizes <= MOST_NODES)
    middle = np.median(sizes[fit]) if len(fit) else sizes.min()
    return forest.select([int(np.abs(sizes - middle).argmin())])


def heat(model: models.TreeClassifier, sentence: models.Forest, mode: str) -> list[float | None]:
    """Return ‖∂J/∂p‖ at every node, in post-order; None at the words of a chain, which have no state."""
    norms = gradient_norms(model, sentence, mode)
    if not models.is_chain_cell(model.cell):
        return [float(norm) for norm in norms]
    return [float(norm) if left >= 0 else None for norm, left in zip(norms, sentence.left, strict=True)]


def matrices(model: models.TreeClassifier) -> dict[str, mg.Tensor]:
    """Return the square matrices of the model's cell by name, those that a state goes through."""
    return {
        f"cell.{name}": parameter
        for name, parameter in model.cell.named_parameters()
        if len(parameter.shape) == 2 and parameter.shape[0] == parameter.shape[1] <= LARGEST
    }


def spectrum(matrix: mg.Tensor) -> dict[str, Any] | None:
    """Return eigenvalues, their largest absolute value and the spectral norm; None if one is not finite."""
    W = np.asarray(matrix.data, np.float64)
    if not np.isfinite(W).all():
        return None
    values = np.linalg.eigvals(W)
    return {
        "re": values.real,
        "im": values.imag,
        "radius": float(np.abs(values).max(initial=0.0)),
        "norm": float(np.linalg.norm(W, 2)),
    }


def gates(model: models.TreeClassifier, sentence: models.Forest) -> dict[str, list[float]]:
    """Return quantiles of the elements of every gate over the sentence's inner nodes.

    A gate is what a sigmoid computes; it is called by the bias that is added to its argument, without its b.
    Gates that share a bias, as i1 and i2 of an RLSTM, are one.
    """
    found = _Gates()
    training = model.training
    model.eval()
    try:
        with observing(found):
            model.loss(sentence, "level")
    finally:
        model.train(training)
    return {
        name: np.quantile(np.concatenate(values), GATE_QUANTILES).tolist()
        for name, values in found.values.items()
    }


class _Gates(Observer):
    """Keeps what sigmoids compute while a graph is built."""

    def __init__(self) -> None:
        self.values: dict[str, list[np.ndarray]] = {}

    def built(self, node: Node, value: np.ndarray, operands: tuple[Any, ...]) -> None:
        if node.op is not None and node.op.name == "sigmoid":
            self.values.setdefault(_bias(node), []).append(np.ravel(np.asarray(value, np.float64)))


def _bias(node: Node) -> str:
    """Return the name of the vector that is added to a sigmoid's argument, without its b; σ without one."""
    queue = list(node.parents)
    for found in queue:  # which grows meanwhile
        if found.op is None and len(found.shape) == 1 and found.meta.name:
            name = found.meta.name.rpartition(".")[2]
            return name[1:] or name
        if found.op is not None and found.op.name == "add":
            queue += found.parents
    return "σ"
