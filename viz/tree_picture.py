"""A parse tree, every node coloured by the gradient norm that reaches it, or plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt

from viz.legend import legend
from viz.picture import Picture
from viz.scale import Scale, fitted
from viz.tree_dot import sheet
from viz.tree_panel import Options, TreePanel
from viz.tree_text import sheet_text

if TYPE_CHECKING:
    from models.tree import Tree


class TreePicture(Picture):
    """Picture of one tree with one number per node, or of the tree alone.

    Parameters
    ----------
    tree : models.Tree
        Any number of children per node, any depth.
    values : sequence of float, one per node, or None
        Norms in post-order: entry k belongs to row k of the tree's `models.Forest`. None draws labels and
        words only, and a box around the keyword.
    scale : "norm", "ratio" or Scale
        The colours: for the norms, or for their ratios to the root's. A `NormScale` or `RatioScale` shared by
        pictures that will be compared, or the kind, to be fitted to ``values``.
    title : str, optional
        Printed above the tree.
    **options : Options
        keyword, caption, numbers, depths, align_leaves, max_depth: see `Options`.

    Raises
    ------
    ValueError
        ``values`` has not one number per node or a negative one, ``keyword`` is no leaf, ``max_depth`` is
        negative, the tree is too deep for ``align_leaves``, or there is no such scale.
    """

    def __init__(
        self,
        tree: Tree,
        values: Sequence[float] | npt.NDArray[np.float64] | None,
        scale: Scale | str = "norm",
        *,
        title: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.scale = fitted(scale, *([] if values is None else [values]))
        self.caption = options.get("caption") or self.scale.caption
        self.panel = TreePanel(tree, values, self.scale, title, options)

    @property
    def name(self) -> str:
        """The title, or what it is."""
        return self.panel.title or "tree"

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same tree and numbers, always."""
        panel = self.panel
        key = legend(self.scale, self.caption, panel.special(), panel.has_keyword()) if panel.styles else ""
        return sheet([panel], key)

    def to_text(self) -> str:
        """Return the tree in box characters, a line per node, a bar for its place on the scale."""
        return sheet_text([self.panel], self.scale, self.caption)
