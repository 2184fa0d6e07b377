"""Trees with a label at the root only, for the picture of one sentence, and which label that is."""

from __future__ import annotations

import re

from models.classifier import TreeClassifier
from models.forest import Forest
from models.forest_checks import topmost
from models.notation import shorten
from models.tree import Tree

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


class RootLabelError(ValueError):
    """A root's label that is a number, but no class of the model."""


def rooted_forest(model: TreeClassifier, tree: Tree, label: int | None = None) -> Forest:
    """Return the forest of one tree, with a label at its root only.

    The loss of any classifier on it is the cross-entropy at the root, even if it classifies every labelled
    node. Labels below the root may be words such as NP.

    Parameters
    ----------
    model : TreeClassifier
    tree : Tree
        Binary.
    label : int, optional
        The class at the root; by default the root's label. If that is no number, as NP, or missing, the class
        that the model finds most probable.

    Raises
    ------
    ValueError
        ``label``, or the root's, is a number but no class of the model.
    ForestError
        The tree is not binary.
    VocabularyError
        A word is not in the model's vocabulary.
    """
    if label is None:
        label = own_class(tree, model.classes)
    if label is None:
        # Any class will do here: all that matters is which nodes have one.
        label = int(model.predict(Forest([rooted(tree, 0)], model.vocabulary), "level")[0])
    if not 0 <= label < model.classes:
        raise ValueError(f"the classes of this model are 0..{model.classes - 1}, not {label}")
    return Forest([rooted(tree, label)], model.vocabulary)


def rooted(tree: Tree, label: int) -> Tree:
    """Return the tree with this label at its root and none elsewhere."""
    bare = tree.map(label=lambda label: None)
    return Tree(str(label), bare.word, bare.children)


def own_class(tree: Tree, classes: int) -> int | None:
    """Return the root's label as a class; None if it is no number, as NP, or missing.

    Of the labels that `models.collapse_unary` has put into one, the topmost counts, as in a `models.Forest`.

    Raises
    ------
    RootLabelError
        It is a number, but not one of 0..classes−1.
    """
    label = topmost(tree.label or "") or tree.label or ""
    if label.isascii() and label.isdigit() and int(label) < classes:
        return int(label)
    if _NUMBER.fullmatch(label):
        raise RootLabelError(
            f"the root has the label '{shorten(label)}', but the classes of this model are 0..{classes - 1}; "
            "say which of them J is the cross-entropy of"
        )
    return None
