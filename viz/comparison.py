"""One tree several times, side by side, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    from models.tree import Tree

Values = Sequence[float] | npt.NDArray[np.float64]


class Comparison(Picture):
    """What `compare` returns: a picture of several panels.

    Attributes
    ----------
    panels : list of TreePanel
    scale : Scale
        That of all panels.
    """

    def __init__(
        self,
        tree: Tree,
        values: Mapping[str, Values],
        scale: Scale | str,
        columns: int | None,
        options: Options,
    ) -> None:
        if not values:
            raise ValueError("there is nothing to compare: give the norms of at least one model")
        if columns is not None and columns < 1:
            raise ValueError(f"a row has at least one column, not {columns}")
        self.scale = fitted(scale, *values.values())
        self.caption = options.get("caption") or self.scale.caption
        self.columns = columns
        self.panels = [TreePanel(tree, of, self.scale, title, options) for title, of in values.items()]

    @property
    def name(self) -> str:
        """The titles of all panels."""
        return ", ".join(str(panel.title) for panel in self.panels)

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same tree and numbers, always."""
        return sheet(self.panels, self._legend(), self.columns)

    def to_text(self) -> str:
        """Return the trees in box characters, one below the other."""
        return sheet_text(self.panels, self.scale, self.caption)

    def _legend(self) -> str:
        present = {style for panel in self.panels for style in panel.special()}
        special = [style for style in SPECIAL if style in present]
        return legend(self.scale, self.caption, special, self.panels[0].has_keyword())


def compare(
    tree: Tree,
    values: Mapping[str, Values],
    scale: Scale | str = "norm",
    *,
    columns: int | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """Return the picture of one tree under several models, side by side on one scale.

    Parameters
    ----------
    tree : models.Tree
    values : mapping from a title to one number per node
        As in `TreePicture`; a panel each, in this order.
    scale : "norm", "ratio" or Scale
        By its name, it is fitted to all values together.
    columns : int, optional
        Panels in a row; all of them if left out.
    **options : Options
        keyword, caption, numbers, depths, align_leaves, max_depth: see `Options`.

    Raises
    ------
    ValueError
        There are no values, or as in `TreePicture`.
    """
    return Comparison(tree, values, scale, columns, options)
