"""A classifier's training step in mode "compiled" without a graph: the fastest way to its gradients."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad.fold import direct
from models.classifier import AnyForest, TreeClassifier
from models.forest import Forest


def loss_and_gradients(
    model: TreeClassifier, forest: AnyForest, threads: int = 1
) -> tuple[float, mg.NodeStates] | None:
    """Return the loss and the states of ``model.loss(forest, "compiled")``, after its backward.

    The ``.grad`` of parameters and states is what backward would have stored, bit for bit; in a large
    minibatch, which is cut in shards, up to rounding. If the loss is not finite, there was no backward.

    Returns
    -------
    None, and nothing is done, if the loss is not simply that of the model's cell over its words: for
    subclasses of `TreeClassifier`, for encoders, which are more than one fold, for dependency trees, for
    words of another vocabulary or a table that does not fit it, with dropout, for trees of one leaf, for a
    label that is no class or none at all (`TreeClassifier.loss` says which), and where
    `minigrad.fold.direct.loss_and_gradients` does not apply.
    """
    rows = classified(model, forest)
    if rows is None or not isinstance(forest, Forest):
        return None
    return direct.loss_and_gradients(
        model.cell,
        forest,
        table=model.L,
        entry=forest.word,
        W=model.Ws,
        b=model.bs,
        rows=rows,
        target=forest.label,
        divisor=len(forest),
        threads=threads,
    )


def classified(model: TreeClassifier, forest: AnyForest) -> np.ndarray | None:
    """Return the rows of the nodes that are classified, or None where a step takes a graph."""
    if type(model) is not TreeClassifier or not isinstance(model.cell, mg.Cell):
        return None
    if not isinstance(forest, Forest):
        return None
    if forest.vocabulary is not model.vocabulary or len(model.vocabulary) != len(model.L.data):
        return None
    if forest.names not in (None, model.names):
        return None
    if len(forest) == forest.n_nodes:
        return None
    if model.training and model.dropout is not None:
        return None
    rows = model.rows(forest)
    return rows if len(rows) else None
