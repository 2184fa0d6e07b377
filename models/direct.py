"""A classifier's training step in mode compiled without a graph: the leanest way to its gradients."""

from __future__ import annotations

import math

import numpy as np

import minigrad as mg
from minigrad import kernels
from minigrad.fold.direct import direct_fold, leave
from minigrad.ops import head
from models.classifier import TreeClassifier
from models.forest import Forest


def loss_and_gradients(model: TreeClassifier, forest: Forest) -> tuple[float, mg.NodeStates] | None:
    """Return the loss and the states of ``model.loss(forest, "compiled")``, after its backward.

    The parameters' ``.grad``, and the states', are what backward would have left, bit for bit. If the loss is
    not finite there was no backward.

    Returns
    -------
    None if this is not that computation: for classes that compute something of their own, for words of
    another vocabulary, with dropout, and where `minigrad.fold.direct_fold` won't do.

    Raises
    ------
    ValueError
        If a label is missing or is not a class of this model; the text names the node.
    """
    if type(model) is not TreeClassifier or forest.vocabulary is not model.vocabulary:
        return None
    if len(forest) == forest.n_nodes:
        return None
    rows, labels = model.rows(forest), model.labels(forest)
    fold = direct_fold(model.cell, forest, model.L, lambda leaves: forest.word[leaves])
    if fold is None:
        return None
    part = model.cell.parts[0].name
    top, Ws, bs = fold.states[part], model.Ws.data, model.bs.data
    slopes = np.empty((len(labels), len(bs)), top.dtype)
    loss = kernels.linear_cross_entropy(slopes, top, Ws, bs, rows, labels, 1 / len(forest))
    if not math.isfinite(loss):
        return loss, fold.without_gradients()
    leave(model.Ws, head.by_W(slopes, top, rows))
    leave(model.bs, head.by_b(slopes))
    return loss, fold.backward({part: head.by_x(slopes, Ws, rows, len(top))})
