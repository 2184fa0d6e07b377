"""One tree several times, side by side, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

from models.forest_checks import span_text
from viz.scale import Scale
from viz.tree_panel import Options
from viz.tree_picture import TreeSheet, Values

if TYPE_CHECKING:
    from models.dependencies import DependencyTree
    from models.tree import Tree


LONGEST_SENTENCE = 60  # words; of a longer one the end is left out


class Comparison(TreeSheet):
    """Picture of one tree under several models, side by side on one scale, with its sentence above them.

    Parameters
    ----------
    tree : models.Tree
    values : mapping from a title to one number per node
        As in `TreePicture`; one panel each, in this order.
    scale : "norm", "ratio" or Scale
        Given by name, it is fitted to all values together.
    columns : int, optional
        Panels in a row; by default all of them.
    **options : Options
        keyword, caption, numbers, leaf_labels, align_leaves, max_depth: see `Options`.

    Raises
    ------
    ValueError
        If there are no values; otherwise as in `TreePicture`.
    """

    def __init__(
        self,
        tree: Tree | DependencyTree,
        values: Mapping[str, Values],
        scale: Scale | str = "norm",
        *,
        columns: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        if not values:
            raise ValueError("there is nothing to compare: give the norms of at least one model")
        if columns is not None and columns < 1:
            raise ValueError(f"a row has at least one column, not {columns}")
        super().__init__(tree, values, scale, columns, options)
        self.heading = span_text(tree.words(), LONGEST_SENTENCE)


compare = Comparison  # reads better where it is called
