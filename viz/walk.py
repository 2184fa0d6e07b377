"""The position of every node in a tree, found without recursion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.dependencies import DependencyNode, DependencyTree
from models.tree import Tree


@dataclass(slots=True)
class Place:
    """One node of a tree.

    Attributes
    ----------
    node : models.Tree or DependencyNode
        The node itself.
    parent : int
        The parent's index in pre-order, -1 for the root.
    depth : int
        Edges between the root and this node.
    size : int
        Nodes in the subtree below and including this node.
    row : int
        The node's index in post-order: its row in `models.Forest`.
    """

    node: Tree | DependencyNode
    parent: int
    depth: int
    size: int = 1
    row: int = 0

    @property
    def is_leaf(self) -> bool:
        """True where the node has no children."""
        return not self.node.children


def places(tree: Tree | DependencyTree) -> list[Place]:
    """Return the nodes of the tree in pre-order, left before right; a word is followed by its dependents."""
    found: list[Place] = []
    waiting = [Place(tree.top if isinstance(tree, DependencyTree) else tree, -1, 0)]
    while waiting:
        place = waiting.pop()
        here = len(found)
        found.append(place)
        children: tuple[Any, ...] = place.node.children
        waiting += [Place(child, here, place.depth + 1) for child in reversed(children)]
    for place in reversed(found):
        if place.parent >= 0:
            found[place.parent].size += place.size
    for here, place in enumerate(found):
        # In post-order a node comes after all its subtree and before all its ancestors.
        place.row = here + place.size - 1 - place.depth
    return found
