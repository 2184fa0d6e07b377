"""A parse tree, every node coloured by the gradient norm that reaches it, or plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt

from viz.legend import legend
from viz.picture import Picture
from viz.scale import Scale, fitted
from viz.style import SPECIAL
from viz.tree_dot import sheet
from viz.tree_panel import Options, TreePanel
from viz.tree_text import sheet_text

if TYPE_CHECKING:
    from models.dependencies import DependencyTree
    from models.tree import Tree

Values = Sequence[float] | npt.NDArray[np.float64]


class TreeSheet(Picture):
    """A picture of panels that share one scale: `TreePicture`, `Comparison`, `Epochs`.

    Attributes
    ----------
    panels : list of TreePanel
    scale : Scale
        That of all panels.
    heading : str
        Printed above all panels.
    """

    def __init__(
        self,
        tree: Tree | DependencyTree,
        values: Mapping[str | None, Values | None] | Mapping[str, Values],
        scale: Scale | str,
        columns: int | None,
        options: Options,
    ) -> None:
        self.scale = fitted(scale, *(of for of in values.values() if of is not None))
        self.caption = options.get("caption") or self.scale.caption
        self.columns = columns
        self.heading = ""
        self.panels = [TreePanel(tree, of, self.scale, title, **options) for title, of in values.items()]

    @property
    def name(self) -> str:
        """The titles of all panels."""
        return ", ".join(panel.title for panel in self.panels if panel.title) or "tree"

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same tree and numbers, always."""
        return sheet(self.panels, self.legend(), self.columns, self.heading)

    def to_text(self) -> str:
        """Return the trees in box characters, one below the other: a line per node, a bar for its value."""
        return sheet_text(self.panels, self.scale, self.caption, self.heading)

    def legend(self) -> Callable[[float], str] | None:
        """Return what makes the legend of a picture of some width; None where no node has a value."""
        if not self.panels[0].styles:
            return None
        present = {style for panel in self.panels for style in panel.special()}
        special = [style for style in SPECIAL if style in present]
        return partial(legend, self.scale, self.caption, special, self.panels[0].has_keyword())


class TreePicture(TreeSheet):
    """Picture of one tree with one number per node, or of the tree alone.

    Parameters
    ----------
    tree : models.Tree or DependencyTree
        Any number of children per node, any depth.
    values : sequence of float, one per node, or None
        Norms in post-order: entry k belongs to row k of the tree's `models.Forest`. None draws only labels
        and words, and a box around the keyword.
    scale : "norm", "ratio" or Scale
        The colours, for the norms or for their ratios to the root's. A name is fitted to ``values``; share
        one `NormScale` or `RatioScale` among pictures that will be compared.
    title : str, optional
        Printed above the tree.
    **options : Options
        keyword, caption, numbers, leaf_labels, align_leaves, max_depth: see `Options`.

    Raises
    ------
    ValueError
        ``values`` does not have one number per node, or has a negative one; ``keyword`` is no leaf;
        ``max_depth`` is negative; or there is no such scale.
    """

    def __init__(
        self,
        tree: Tree | DependencyTree,
        values: Values | None,
        scale: Scale | str = "norm",
        *,
        title: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(tree, {title: values}, scale, None, options)
