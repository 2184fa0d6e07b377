"""What a notebook shows of trees and forests: their pictures."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from viz.picture import Picture
from viz.scale import NormScale
from viz.tree_dot import sheet
from viz.tree_panel import TreePanel
from viz.tree_text import panel_text

if TYPE_CHECKING:
    from models.forest import Forest
    from models.tree import Tree

MOST_NODES, MOST_TREES = 250, 3  # of a tree, and of a forest: more are counted, not drawn
_ACROSS = 24  # words in a row of trees


class Trees(Picture):
    """Picture of trees of different sentences, each with all its labels, without numbers.

    Parameters
    ----------
    trees : list of Tree
        At least one. Of large ones only the upper levels are drawn.
    titles : list of str or None
        One for each.
    total : int
        How many trees there are, of which these are the first.
    """

    def __init__(self, trees: list[Tree], titles: list[str | None], total: int = 1) -> None:
        scale = NormScale.fit()
        self.panels = [
            TreePanel(tree, None, scale, title, leaf_labels=True, max_depth=_levels(tree))
            for tree, title in zip(trees, titles, strict=True)
        ]
        self.heading = f"the first {len(trees)} of {total:,} trees" if total > len(trees) else ""
        longest = max(len(tree.leaves()) for tree in trees)
        self.columns = max(1, min(len(trees), _ACROSS // longest))

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same trees, always."""
        return sheet(self.panels, None, self.columns, self.heading)

    def to_text(self) -> str:
        """Return the trees in box characters, one below the other."""
        return "\n".join([*([f"{self.heading}\n"] if self.heading else []), *map(panel_text, self.panels)])


def bundle(
    value: Tree | Forest, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a notebook shows of a tree or a forest, by media type, and its metadata.

    The text is that which Python prints, with the reason where there is no picture.
    """
    from models.forest import Forest

    if isinstance(value, Forest):
        trees = [value.to_tree(k) for k in range(min(len(value), MOST_TREES))]
        titles: list[str | None] = [f"tree {k + 1}" for k in range(len(trees))]
        picture = Trees(trees, titles, len(value))
    else:
        picture = Trees([value], [None])
    shown, metadata = picture._repr_mimebundle_(include, exclude)
    if "text/plain" in shown:
        drawn, text = picture.to_text(), shown["text/plain"]
        shown["text/plain"] = repr(value) + (f"\n{text[len(drawn) :]}".rstrip() if text != drawn else "")
    return shown, metadata


def _levels(tree: Tree) -> int | None:
    """Return how many levels can be drawn with no more than `MOST_NODES` nodes; None for all."""
    level, nodes, depth = [tree], 1, 0
    while level:
        level = [child for node in level for child in node.children]
        nodes += len(level)
        if nodes > MOST_NODES:
            return depth
        depth += 1
    return None
