"""One tree through training: a strip for print, a page with a slider for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

from viz.comparison import Comparison
from viz.picture import Width
from viz.scale import Scale
from viz.slider import slider_body
from viz.tree_panel import Options, TreePanel
from viz.tree_picture import Values

if TYPE_CHECKING:
    from models.dependencies import DependencyTree
    from models.tree import Tree

_LEAVES_PER_ROW = 34  # words can still be read when the strip is as wide as a page


class Epochs(Comparison):
    """Picture of one tree through training, on one scale.

    Saved as an image it is a strip of small trees without numbers, for print; saved as ``.html`` it is one
    tree with all numbers and a slider, in one file that needs no network.

    Parameters
    ----------
    tree : models.Tree
    values : mapping from an epoch's number, or a title, to one number per node
        As in `TreePicture`; one panel each, in this order.
    scale : "norm", "ratio" or Scale
        Given by name, it is fitted to all values together.
    columns : int, optional
        Panels in a row of the strip; by default as many as can be read in print.
    **options : Options
        keyword, caption, numbers (of the strip), leaf_labels, align_leaves, max_depth: see `Options`.

    Raises
    ------
    ValueError
        If there are no values; otherwise as in `TreePicture`.
    """

    def __init__(
        self,
        tree: Tree | DependencyTree,
        values: Mapping[int, Values] | Mapping[str, Values],
        scale: Scale | str = "norm",
        *,
        columns: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        titled = {of if isinstance(of, str) else f"epoch {of}": numbers for of, numbers in values.items()}
        if columns is None:
            columns = max(1, _LEAVES_PER_ROW // len(tree.words()))
        strip: Options = {"numbers": False, **options}
        super().__init__(tree, titled, scale, columns=columns, **strip)
        full: Options = {**options, "numbers": True}
        self.frames = [TreePanel(tree, of, self.scale, title, **full) for title, of in titled.items()]

    def html_body(self, width: Width = None) -> str:
        """Return the tree with a slider that moves it through the epochs; nothing else is loaded."""
        return slider_body(self.frames, self.legend(), self.heading, width)


epochs = Epochs  # reads better where it is called
