"""Experiment 3's measure: how much of the error at the root reaches the keyword.

ratio = ‖∂J/∂x_keyword‖ / ‖∂J/∂x_root‖. Far below 1 the gradient vanishes, far above 1 it explodes. The paper
does not define the error vector of a node exactly; there are three readings:

- ``post``: ∂J/∂p, p being the node's hidden vector, after the activation;
- ``pre``, for an RNN: ∂J/∂a, where p = f(a); a leaf has no activation, so its error vector is ∂J/∂p;
- ``with_cell``, for an RLSTM: the derivatives with respect to the hidden vector and to the memory together,
  each with the other one held fixed.

In a chain, whose words are read and have no state, the error vector is that of the state that has just read
the keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.step import passes
from experiments.training.watcher import Epoch, Watcher
from minigrad.ops.formula import ACTIVATIONS

DEFINITIONS = {"RNN": ("post", "pre"), "RLSTM": ("post", "with_cell")}

Rows = Callable[[models.Forest], np.ndarray]


def definitions(cell: Any) -> tuple[str, ...]:
    """Return the readings of the error vector that a cell has."""
    with_memory = any(part.name == "c" for part in cell.parts)
    return DEFINITIONS.get(type(cell).__name__, ("post", "with_cell") if with_memory else ("post",))


def error_rows(cell: Any, words: Rows) -> Rows:
    """Return the function that gives the rows at which some words' error vectors are taken.

    Parameters
    ----------
    cell : minigrad.Cell
        If it reads sequences, these are the states that have just read the words.
    words : function of a forest
        Gives the rows of the words.
    """
    return words if cell.right_parts is None else lambda forest: forest.parent[words(forest)]


def gradient_ratios(
    forest: models.Forest,
    states: mg.NodeStates,
    at: Rows,
    definition: str = "post",
    f: str = "tanh",
) -> tuple[np.ndarray, np.ndarray]:
    """Return each sentence's keyword depth and gradient ratio; NaN where the root's error is zero.

    Parameters as in `error_norms`.
    """
    norm, root = error_norms(forest, states, at, definition, f)
    return forest.depth[at(forest)], quotient(norm, root)


def error_norms(
    forest: models.Forest,
    states: mg.NodeStates,
    at: Rows,
    definition: str = "post",
    f: str = "tanh",
) -> tuple[np.ndarray, np.ndarray]:
    """Return the norm of the error vector at one node of each sentence, and at its root.

    Parameters
    ----------
    forest : Forest
    states : NodeStates
        Of its nodes, after backward.
    at : function of the forest
        Gives the rows of the nodes, as `error_rows` says.
    definition : "post", "pre" or "with_cell"
        Of the error vector.
    f : str
        The RNN's activation, for "pre".
    """
    nodes, first = at(forest), next(iter(states))
    rows = np.concatenate([nodes, forest.root])
    errors = _gradient(states, first, rows)
    if definition == "pre":
        slope = ACTIVATIONS[f].slope
        if slope is None:
            raise ValueError(f"'pre' needs an activation whose output tells its slope; that of {f} does not")
        slopes = slope(np.asarray(states[first].data[rows], np.float64))
        errors = np.where(forest.left[rows, None] < 0, errors, errors * slopes)
    elif definition == "with_cell":
        errors = np.concatenate([errors, _gradient(states, "c", rows)], axis=1)
    elif definition != "post":
        raise ValueError(f"an error vector is post, pre or with_cell, not {definition!r}")
    norm = np.sqrt(np.einsum("nd,nd->n", errors, errors))
    return norm[: len(nodes)], norm[len(nodes) :]


def quotient(norm: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return the ratio of error norms; NaN where the root's is zero."""
    return np.divide(norm, root, out=np.full(len(root), np.nan), where=root > 0)


def _gradient(states: mg.NodeStates, part: str, rows: Any) -> np.ndarray:
    gradient = states[part].grad
    if gradient is None:
        raise ValueError("the states have no gradients; call backward first")
    return np.asarray(np.asarray(gradient)[rows], np.float64)


class RatioWatcher(Watcher):
    """Collects the gradient ratio of every training tree in every epoch.

    Parameters
    ----------
    at : function of a forest
        Gives the rows of the keywords' error vectors, as `error_rows` says.
    definitions : sequence of str
        Of the error vector; the medians are of the first.
    f : str
        The RNN's activation.

    Attributes
    ----------
    medians : list of dict
        Per epoch, from 0, the median ratio by keyword depth.
    counts : dict
        Number of trees by keyword depth.
    depth : (number of training trees,) array of int
        Keyword depths, of the last epoch.
    ratios : dict of (number of training trees,) arrays
        The ratios of the last epoch, by definition; NaN where the root's error is zero.
    """

    def __init__(self, at: Rows, definitions: Sequence[str] = ("post",), f: str = "tanh") -> None:
        self.medians: list[dict[int, float]] = []
        self.counts: dict[int, int] = {}
        self.depth = np.zeros(0, np.intp)
        self.ratios: dict[str, np.ndarray] = {}
        self._definitions, self._f, self._at = tuple(definitions), f, at
        self._seen: list[tuple[np.ndarray, ...]] = []

    def measure(
        self, model: models.TreeClassifier, forest: models.Forest, batch: int = 500, mode: str = "compiled"
    ) -> None:
        """Measure a forest without training, as an epoch of its own: forward and backward, no update.

        That is how epoch 0 is measured. The gradients of the model's parameters are cleared.
        """
        for seen in passes(model, forest, batch, mode):
            self.batch(*seen)
        self._close()

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Measure a minibatch."""
        found = [gradient_ratios(forest, states, self._at, name, self._f) for name in self._definitions]
        depth, ratios = found[0][0], [ratio for _, ratio in found]
        self._seen.append((trees, depth, *ratios))

    def epoch(self, epoch: Epoch) -> None:
        """Compute the epoch's medians."""
        self._close()

    def _close(self) -> None:
        trees, *columns = (np.concatenate(column) for column in zip(*self._seen, strict=True))
        self._seen = []
        order = np.argsort(trees)
        self.depth, *ratios = (column[order] for column in columns)
        self.ratios = dict(zip(self._definitions, ratios, strict=True))
        depths, counts = np.unique(self.depth, return_counts=True)
        self.counts = {int(d): int(n) for d, n in zip(depths, counts, strict=True)}
        known = np.isfinite(ratios[0])
        depth, ratio = self.depth[known], ratios[0][known]
        self.medians.append({int(d): float(np.median(ratio[depth == d])) for d in np.unique(depth)})

    def state_dict(self) -> dict[str, Any]:
        """Return the finished epochs' medians."""
        return {
            "medians": [{str(d): m for d, m in epoch.items()} for epoch in self.medians],
            "counts": {str(d): n for d, n in self.counts.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self.medians = [{int(d): m for d, m in epoch.items()} for epoch in state["medians"]]
        self.counts = {int(d): n for d, n in state["counts"].items()}
