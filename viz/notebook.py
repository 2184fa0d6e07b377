"""What a notebook shows of trees and forests: their pictures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import numpy as np

from models.dependencies import DependencyTree
from models.forest import Forest
from models.tree import Tree
from models.tree_forest import TreeForest
from viz.picture import Picture
from viz.scale import NormScale
from viz.tree_dot import sheet
from viz.tree_panel import TreePanel
from viz.tree_text import panel_text
from viz.walk import places

AnyTree: TypeAlias = Tree | DependencyTree
MOST_NODES, MOST_TREES = 250, 3  # of a tree, and of a forest: more are counted, not drawn
_ACROSS = 24  # words in a row of trees


class Trees(Picture):
    """Picture of trees of different sentences, each with all its labels, without numbers.

    Parameters
    ----------
    trees : sequence of Tree or DependencyTree
        At least one. Of large ones only the upper levels are drawn.
    titles : list of str or None
        One for each.
    total : int
        How many trees there are, of which these are the first.
    """

    def __init__(self, trees: Sequence[AnyTree], titles: list[str | None], total: int = 1) -> None:
        scale = NormScale.fit()
        self.panels = [
            TreePanel(tree, None, scale, title, leaf_labels=True, max_depth=_levels(tree))
            for tree, title in zip(trees, titles, strict=True)
        ]
        self.heading = f"the first {len(trees)} of {total:,} trees" if total > len(trees) else ""
        longest = max(len(tree.words()) for tree in trees)
        self.columns = max(1, min(len(trees), _ACROSS // longest))

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same trees, always."""
        return sheet(self.panels, None, self.columns, self.heading)

    def to_text(self) -> str:
        """Return the trees in box characters, one below the other."""
        return "\n".join([*([f"{self.heading}\n"] if self.heading else []), *map(panel_text, self.panels)])


def bundle(
    value: AnyTree | Forest | TreeForest,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a notebook shows of a tree or a forest, by media type, and its metadata.

    The text is that which Python prints, with the reason where there is no picture.
    """
    if isinstance(value, (Forest, TreeForest)):
        trees: list[AnyTree] = [value.to_tree(k) for k in range(min(len(value), MOST_TREES))]
        titles: list[str | None] = [f"tree {k + 1}" for k in range(len(trees))]
        picture = Trees(trees, titles, len(value))
    else:
        picture = Trees([value], [None])
    shown, metadata = picture._repr_mimebundle_(include, exclude)
    if "text/plain" in shown:
        drawn, text = picture.to_text(), shown["text/plain"]
        shown["text/plain"] = repr(value) + (f"\n{text[len(drawn) :]}".rstrip() if text != drawn else "")
    return shown, metadata


def _levels(tree: AnyTree) -> int | None:
    """Return how many levels below the root have no more than `MOST_NODES` nodes together; None for all."""
    counts = np.cumsum(np.bincount([place.depth for place in places(tree)]))
    return None if counts[-1] <= MOST_NODES else int(np.searchsorted(counts, MOST_NODES, "right")) - 1
