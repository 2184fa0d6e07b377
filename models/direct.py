"""A classifier's training step in mode compiled without a graph: the leanest way to its gradients."""

from __future__ import annotations

import math

import numpy as np

import minigrad as mg
from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.flat import leave_side_by_side
from minigrad.fold.direct import DirectFold, direct_fold
from models.classifier import TreeClassifier
from models.forest import Forest


class DirectLoss:
    """What ``model.loss(forest, "compiled")`` computes, and its backward, bit for bit; see `direct_loss`.

    Attributes
    ----------
    value : float
        The loss, averaged over the trees.
    """

    def __init__(self, model: TreeClassifier, forest: Forest, fold: DirectFold) -> None:
        self._model, self._fold = model, fold
        self._part = model.cell.parts[0].name
        self._rows, labels = model.rows(forest), model.labels(forest)
        x, W, b = fold.states[self._part], model.Ws.data, model.bs.data
        # Of all parameters but the word vectors: Ws, bs, the cell's
        self._gradients = np.empty(W.size + b.size + fold.size, x.dtype)
        self._by_x = np.empty((len(labels), x.shape[1]), x.dtype)
        by_W, by_b = self._gradients[: W.size].reshape(W.shape), self._gradients[W.size : W.size + b.size]
        self.value: float = kernels.linear_cross_entropy(
            self._by_x, by_W, by_b, x, W, b, self._rows, labels, 1 / len(forest)
        )

    def backward(self) -> mg.NodeStates:
        """Add to the ``.grad`` of all parameters; return the states with theirs."""
        model, fold, gradients = self._model, self._fold, self._gradients
        given = SparseRows(self._rows, self._by_x, len(fold.states[self._part]))
        states = fold.backward({self._part: given}, gradients[len(gradients) - fold.size :])
        leave_side_by_side([model.Ws, model.bs, *fold.parameters], gradients)
        return states

    def without_gradients(self) -> mg.NodeStates:
        """Return the states where there is no backward."""
        return self._fold.without_gradients()


def direct_states(model: TreeClassifier, forest: Forest) -> DirectFold | None:
    """Return the states of a forest's nodes, or None if they are not simply the model's cell over its words.

    That is so for classes that compute something of their own, for encoders, which are more than one fold,
    for words of another vocabulary, with dropout, for trees of one leaf, and where
    `minigrad.fold.direct_fold` won't do.
    """
    if not isinstance(model.cell, mg.Cell):
        return None
    if type(model) is not TreeClassifier or forest.vocabulary is not model.vocabulary:
        return None
    if len(forest) == forest.n_nodes or (model.training and model.dropout is not None):
        return None
    return direct_fold(model.cell, forest, model.L, lambda leaves: forest.word[leaves])


def loss_and_gradients(model: TreeClassifier, forest: Forest) -> tuple[float, mg.NodeStates] | None:
    """Return the loss and the states of ``model.loss(forest, "compiled")``, after its backward.

    The parameters' ``.grad``, and the states', are what backward would have left, bit for bit. If the loss is
    not finite there was no backward.

    Returns
    -------
    None where `direct_states` is.

    Raises
    ------
    ValueError
        If a label is missing or is not a class of this model; the text names the node.
    """
    fold = direct_states(model, forest)
    if fold is None:
        return None
    loss = DirectLoss(model, forest, fold)
    return loss.value, loss.backward() if math.isfinite(loss.value) else loss.without_gradients()
