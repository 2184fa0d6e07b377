"""Trees with a label at the root only, for the picture of one sentence."""

from __future__ import annotations

from models.classifier import TreeClassifier
from models.forest import Forest
from models.tree import Tree


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
        The class at the root; by default the root's label if it is one of the model's classes, otherwise the
        class that the model finds most probable.

    Raises
    ------
    ValueError
        ``label`` is no class of the model.
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
    """Return the root's label if it is one of the classes 0..classes−1, otherwise None."""
    label = tree.label
    return int(label) if label is not None and label.isdecimal() and int(label) < classes else None
