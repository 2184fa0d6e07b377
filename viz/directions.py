"""How many directions arrive: trees coloured by singular values of the Jacobian from a node to the root."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.classifier import TreeClassifier
from models.path_jacobians import path_jacobians
from models.tree import Tree
from viz.rooted import rooted_forest
from viz.scale import NormScale

Values = npt.NDArray[np.float64]

SHARE = 0.1  # of the largest singular value, above which a direction counts as one that arrives


class Largest(NormScale):
    """Colours for largest singular values."""

    quantity = "largest singular value"
    caption = "largest singular value of ∂p(root)/∂p at each node"


class Median(NormScale):
    """Colours for median singular values."""

    quantity = "median singular value"
    caption = "median of the singular values of ∂p(root)/∂p at each node"


class Directions(NormScale):
    """Colours for numbers of singular values."""

    quantity = "number of directions"
    caption = "number of singular values of ∂p(root)/∂p above a tenth of the node's largest"

    def printed(self, value: float) -> str:
        """Return the number as a node shows it: it is a whole one."""
        return f"{value:g}"


def _directions(singular: Values) -> Values:
    return (singular > SHARE * singular[:, :1]).sum(axis=1).astype(np.float64)


# By name: what is made of the singular values (nodes, k), in descending order, and its scale.
JACOBIANS: dict[str, tuple[Callable[[Values], Values], type[NormScale]]] = {
    "largest": (lambda singular: singular[:, 0], Largest),
    "median": (lambda singular: np.median(singular, axis=1), Median),
    "rank": (_directions, Directions),
}


def jacobian_values(model: TreeClassifier, tree: Tree, measure: str) -> Values:
    """Return one number per node from the singular values of ∂p_root/∂p, p being the node's hidden vector.

    Parameters
    ----------
    model : TreeClassifier
    tree : Tree
        Binary. Its labels do not matter.
    measure : "largest", "median" or "rank"
        The largest singular value: the factor by which the best direction is passed on. Their median. Or
        their number above a tenth of the largest: how many directions arrive, if any does.

    Returns
    -------
    (number of nodes,) array of float64
        In post-order; at the root 1, or the number of all directions.

    Raises
    ------
    ValueError
        There is no such measure.
    TypeError
        The model has an Encoder.
    ForestError, VocabularyError
        The tree is not binary; a word is not in the model's vocabulary.
    """
    if measure not in JACOBIANS:
        raise ValueError(f"a measure is one of {', '.join(JACOBIANS)}, not {measure!r}")
    return JACOBIANS[measure][0](path_jacobians(model, rooted_forest(model, tree, 0)))
