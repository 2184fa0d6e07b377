"""How many directions arrive: the singular values of the Jacobian from every node to its root."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import minigrad as mg
from models.classifier import TreeClassifier
from models.forest import Forest


def path_jacobians(
    model: TreeClassifier, forest: Forest, mode: str = "level", rows: int | None = None
) -> npt.NDArray[np.float64]:
    """Return the singular values of ∂p_root/∂p_node at every node of a forest.

    p is the hidden vector, the part of a node's state that is classified; at a leaf it is the word vector x.
    The Jacobian matrix is total, through all ancestors of the node. Its singular values tell by which factors
    the best, the second best, … direction of change at the node is passed on to the root: a gradient norm is
    one number, but all directions may arrive weakened alike, or a single one alone. At the root all are 1.

    Parameters
    ----------
    model : TreeClassifier
        Its cell is a `minigrad.Cell`. Dropout is not applied.
    forest : Forest
        One tree or several. No root depends on another tree, so that one walk backward serves all.
    mode : str
        Of the fold: "node" or "level". In mode "compiled" there is a walk for each of the D rows.
    rows : int, optional
        How many of the D rows are carried at once, as in `minigrad.jacobian`.

    Returns
    -------
    (number of nodes, k) array of float64
        In descending order, in the order of the forest's rows; row ``forest.leaves[i]`` is leaf i. k is D, or
        the width of the leaves if that is less.

    Raises
    ------
    TypeError
        If the model has an Encoder, in which there is more than one path from a node to the root.
    VocabularyError
        If a word is not in the model's vocabulary.
    """
    if not isinstance(model.cell, mg.Cell):
        raise TypeError(
            f"path_jacobians follows one cell from the leaves to the root, not a {type(model.cell).__name__}"
        )
    vectors = mg.tensor(model.L.data[model.words(forest)], requires_grad=True, name="x")
    training = model.training
    model.eval()
    try:
        h = mg.fold(model.cell, forest, vectors, mode)[model.cell.parts[0].name]
    finally:
        model.train(training)
    roots = h[forest.root].sum(axis=0)  # ∂ of the sum by a node is ∂ of its own tree's root by it
    by_leaves, by_nodes = mg.jacobian(roots, [vectors, h], rows)
    values = np.zeros((len(forest.left), min(by_leaves.shape[0], by_leaves.shape[2])))
    inner = forest.left >= 0
    for nodes, jacobian in ((inner, by_nodes[:, inner]), (forest.leaves, by_leaves)):
        matrices = np.asarray(jacobian.transpose(1, 0, 2), np.float64)
        values[nodes] = np.linalg.svd(matrices, compute_uv=False)[:, : values.shape[1]]
    return values
