"""The norms by which trees are coloured: of the gradient that reaches every node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite

import numpy as np
import numpy.typing as npt

from models.classifier import AnyForest, TreeClassifier
from models.direct import loss_and_gradients
from viz.rooted import AnyTree, rooted_forest


def gradient_norms(model: TreeClassifier, forest: AnyForest, mode: str = "level") -> npt.NDArray[np.float64]:
    """Return ‖∂J/∂p‖ at every node of a forest: (number of nodes,) in the order of its rows.

    J is the model's loss, the cross-entropy averaged over the trees; p is the hidden vector of a node, the
    part of its state that is classified, after the activation. The derivative is total, through all of the
    node's ancestors: the error vector of Le & Zuidema (2016). The gradients of the model's parameters are
    left as they were.

    Raises
    ------
    ValueError
        A classified node has no label, or one that is no class of the model.
    VocabularyError
        A word is not in the model's vocabulary.
    """
    with _undisturbed(model):
        direct = loss_and_gradients(model, forest) if mode == "compiled" else None
        if direct is not None and isfinite(direct[0]):  # without a graph, as training does it
            states = direct[1]
        else:
            loss, states = model.loss(forest, mode)
            loss.backward()
        gradient = states[model.cell.parts[0].name].grad
        return np.linalg.norm(np.asarray(gradient, np.float64), axis=1)


def root_gradient_norms(
    model: TreeClassifier, tree: AnyTree, label: int | str | None = None, mode: str = "node"
) -> npt.NDArray[np.float64]:
    """Return ‖∂J/∂p‖ at every node of a tree, J being the cross-entropy at its root alone.

    Parameters
    ----------
    model : TreeClassifier
        Of any kind, including one that classifies every labelled node.
    tree : Tree or DependencyTree
        What the model reads; a Tree is binary. Labels below the root are ignored, and may be words such as
        NP.
    label : int or str, optional
        The class, by number or name, whose cross-entropy is taken; by default the root's label. If that is
        none, as NP, or missing, the class that the model finds most probable. `root_class` says which it is.
    mode : str
        Of the fold.

    Returns
    -------
    (number of nodes,) array of float64
        In post-order: children before their parents, the root last.

    Raises
    ------
    ValueError
        ``label``, or the root's, is a number but no class of the model.
    ForestError
        The tree is not binary.
    VocabularyError
        A word is not in the model's vocabulary.
    """
    return gradient_norms(model, rooted_forest(model, tree, label), mode)


@contextmanager
def _undisturbed(model: TreeClassifier) -> Iterator[None]:
    """Switch dropout off; restore it and all gradients at the end, so that the model is not changed."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    before = [parameter.grad for parameter in parameters]
    training = model.training
    model.eval()
    model.zero_grad()
    try:
        yield
    finally:
        model.train(training)
        for parameter, gradient in zip(parameters, before, strict=True):
            parameter.grad = gradient
