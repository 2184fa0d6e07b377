"""Trees whose root alone is classified."""

from __future__ import annotations

from models.tree import Tree


def rooted(tree: Tree, label: int) -> Tree:
    """Return the tree with this label at its root and none elsewhere.

    Labels below the root may then be words such as NP, which a `models.Forest` refuses.
    """
    waiting: list[Tree] = []
    for node in tree.postorder():
        start = len(waiting) - len(node.children)
        children = waiting[start:]
        del waiting[start:]
        waiting.append(Tree(str(label) if node is tree else None, node.word, children))
    return waiting[0]


def own_class(tree: Tree, classes: int) -> int | None:
    """Return the root's label where it is one of the classes 0..classes−1, else None."""
    label = tree.label
    return int(label) if label is not None and label.isdecimal() and int(label) < classes else None
