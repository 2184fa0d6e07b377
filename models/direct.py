"""A classifier's training step in mode compiled without a graph: the leanest way to its gradients."""

from __future__ import annotations

import math

import numpy as np

import minigrad as mg
from minigrad import kernels
from minigrad.flat import leave_side_by_side
from minigrad.fold.direct import DirectFold, direct_fold
from minigrad.ops import head
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
        top, W, b = fold.states[self._part], model.Ws.data, model.bs.data
        self._slopes = np.empty((len(labels), len(b)), top.dtype)
        self.value: float = kernels.linear_cross_entropy(
            self._slopes, top, W, b, self._rows, labels, 1 / len(forest)
        )

    def backward(self) -> mg.NodeStates:
        """Add to the ``.grad`` of all parameters; return the states with theirs."""
        model, rows, slopes, top = self._model, self._rows, self._slopes, self._fold.states[self._part]
        W, end = model.Ws, model.Ws.size + model.bs.size
        vector = np.empty(end + self._fold.size, top.dtype)
        head.by_W(slopes, top, rows, out=vector[: W.size].reshape(W.shape))
        vector[W.size : end] = head.by_b(slopes)
        states = self._fold.backward({self._part: head.by_x(slopes, W.data, rows, len(top))}, vector[end:])
        leave_side_by_side([W, model.bs, *self._fold.parameters], vector)
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
