"""Trees with a label at the root only, for the picture of one sentence, and which label that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from models.class_names import some_names
from models.classifier import TreeClassifier
from models.dependencies import DependencyTree
from models.forest import Forest
from models.forest_checks import topmost
from models.notation import shorten
from models.tree import Tree
from models.tree_forest import TreeForest

AnyTree = Tree | DependencyTree
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


class RootLabelError(ValueError):
    """A root's label that is a number, but no class of the model."""


def rooted_forest(model: TreeClassifier, tree: AnyTree, label: int | str | None = None) -> Any:
    """Return the forest of one tree, with a label at its root only: a Forest, or a TreeForest.

    The loss of any classifier on it is the cross-entropy at the root, even if it classifies every labelled
    node. Labels below the root may be words such as NP.

    Parameters
    ----------
    model : TreeClassifier
    tree : Tree or DependencyTree
        What the model reads; a Tree is binary.
    label : int or str, optional
        The class at the root, by number or name; by default the root's label. If that is none, as NP, or
        missing, the class that the model finds most probable.

    Raises
    ------
    ValueError
        ``label``, or the root's, is a number but no class of the model.
    ForestError
        The tree is not binary.
    VocabularyError
        A word is not in the model's vocabulary.
    """
    if isinstance(label, str):
        label = numbered(model, label)
    if label is None:
        label = own_class(tree, model.classes, model.names)
    if label is None:
        # Any class will do here: all that matters is which nodes have one.
        label = int(model.predict(one_tree(model, rooted(tree, 0)), "level")[0])
    if not 0 <= label < model.classes:
        raise ValueError(f"the classes of this model are 0..{model.classes - 1}, not {label}")
    return one_tree(model, rooted(tree, label))


def one_tree(model: TreeClassifier, tree: AnyTree) -> Any:
    """Return the forest of one tree, whose labels are numbers, with the model's words."""
    model.vocabulary.lookup(tree.words())  # a forest's message about a missing word would count trees
    if isinstance(tree, DependencyTree):
        return TreeForest([tree], model.vocabulary)
    return Forest([tree], model.vocabulary)


def rooted(tree: AnyTree, label: int) -> Any:
    """Return the tree with this label at its root and none elsewhere."""
    if isinstance(tree, DependencyTree):
        return tree.with_label(str(label))
    bare = tree.map(label=lambda label: None)
    return Tree(str(label), bare.word, bare.children)


def numbered(model: TreeClassifier, label: str) -> int:
    """Return the class that is called like this, by name or number.

    Raises
    ------
    ValueError
        If none is.
    """
    if model.names is not None and label in model.names:
        return model.names.index(label)
    if label.isascii() and label.isdigit() and int(label) < model.classes:
        return int(label)
    raise ValueError(
        f"the classes of this model are {called(model.classes, model.names)}, not {shorten(label)}"
    )


def own_class(tree: AnyTree, classes: int, names: Sequence[str] | None = None) -> int | None:
    """Return the root's label as a class; None if it is neither a number nor one of the `names`, or missing.

    Of the labels that `models.collapse_unary` has put into one, the topmost counts, as in a `models.Forest`.

    Raises
    ------
    RootLabelError
        It is a number, but neither one of the `names` nor, where classes have none, one of 0..classes−1.
    """
    label = topmost(tree.label or "") or tree.label or ""
    if names is not None:
        for name in (tree.label, label):
            if name in names:
                return names.index(name)
    elif label.isascii() and label.isdigit() and int(label) < classes:
        return int(label)
    if _NUMBER.fullmatch(label):
        raise RootLabelError(
            f"the root has the label '{shorten(label)}', but the classes of this model are "
            f"{called(classes, names)}; say which of them J is the cross-entropy of"
        )
    return None


def called(classes: int, names: Sequence[str] | None) -> str:
    """Return the classes of a model for a message."""
    return f"0..{classes - 1}" if names is None else some_names(names)
