"""One tree with one number per node: what is shown of it, and how each node looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import numpy.typing as npt

from models.notation import shorten
from viz.scale import Scale
from viz.style import SPECIAL, Style
from viz.walk import Place, places

if TYPE_CHECKING:
    from models.dependencies import DependencyTree
    from models.tree import Tree

LONGEST_NAME = 40  # characters; the tooltip has the rest


class Options(TypedDict, total=False):
    """Options of every picture of a tree.

    Attributes
    ----------
    keyword : int or None
        Row of the leaf with the sentence's keyword, drawn with a double border if nodes have values and with
        a single one if they have none.
    caption : str or None
        Printed under the colour bar, line by line: what the numbers are. By default the scale's caption.
    numbers : bool
        Whether nodes show their number with three digits; the default if there are values.
    leaf_labels : bool
        Whether a leaf shows its label, its part of speech or its word's own class, above its word.
    align_leaves : bool
        Whether all leaves stand on one line; a branch that leads there bends once.
    max_depth : int or None
        The deepest level that is drawn; below it a node says how many are hidden.
    """

    keyword: int | None
    caption: str | None
    numbers: bool
    leaf_labels: bool
    align_leaves: bool
    max_depth: int | None


@dataclass(frozen=True)
class Shown:
    """A node as it is drawn.

    Attributes
    ----------
    id, parent : int
        Its number among all nodes of the tree in pre-order, and its parent's, -1 for the root.
    place : Place
    names : tuple of str
        Class, label or word.
    number : str
        As printed; empty where there is none.
    tooltip : tuple of str
        Full names and numbers, a line each.
    style : Style or None
        None for a node without a value.
    is_keyword : bool
    hidden : int
        How many nodes below it are not drawn.
    """

    id: int
    parent: int
    place: Place
    names: tuple[str, ...]
    number: str
    tooltip: tuple[str, ...]
    style: Style | None
    is_keyword: bool
    hidden: int


class TreePanel:
    """A tree and its numbers on a scale, for `TreePicture`, `compare` and `epochs`.

    Parameters
    ----------
    tree, values, scale
        As in `TreePicture`, but the scale itself, not its name.
    title : str or None
        Printed above the tree.
    keyword, caption, numbers, leaf_labels, align_leaves, max_depth
        See `Options`; the caption belongs to the picture and is ignored here.

    Raises
    ------
    ValueError
        ``values`` does not have one number per node, or has a negative one; ``keyword`` is no leaf; or
        ``max_depth`` is negative.
    """

    def __init__(
        self,
        tree: Tree | DependencyTree,
        values: Sequence[float] | npt.NDArray[np.float64] | None,
        scale: Scale,
        title: str | None,
        *,
        keyword: int | None = None,
        caption: str | None = None,
        numbers: bool = True,
        leaf_labels: bool = False,
        align_leaves: bool = False,
        max_depth: int | None = None,
    ) -> None:
        self.title, self.scale, self.places = title, scale, places(tree)
        self.keyword, self.max_depth, self.align_leaves = keyword, max_depth, align_leaves
        self.norms = None if values is None else _per_node(values, len(self.places))
        self.numbers = None if self.norms is None else scale.numbers(self.norms)
        self.styles = [] if self.numbers is None else [scale.style(number) for number in self.numbers]
        self.with_numbers = self.numbers is not None and numbers
        self._leaf_labels = leaf_labels
        if self.keyword is not None:
            words = {place.row for place in self.places if place.node.word is not None}
            if self.keyword not in words:
                raise ValueError(f"the keyword is a leaf, but row {self.keyword} is none")
        if self.max_depth is not None and self.max_depth < 0:
            raise ValueError(f"max_depth is at least 0, the root's, not {self.max_depth}")
        self.shown = [self._show(k, place) for k, place in enumerate(self.places) if self._is_shown(place)]
        self.deepest = max(node.place.depth for node in self.shown)

    def special(self) -> list[Style]:
        """Return the styles of values without a colour that occur among the nodes drawn."""
        present = {node.style for node in self.shown}
        return [style for style in SPECIAL if style in present]

    def has_keyword(self) -> bool:
        """Whether the legend has to explain the double border."""
        return self.keyword is not None and self.numbers is not None

    def hides_keyword(self, node: Shown) -> bool:
        """Whether the keyword is among the nodes that are hidden below this one."""
        first = node.place.row - node.place.size + 1
        return node.hidden > 0 and self.keyword is not None and first <= self.keyword < node.place.row

    def _is_shown(self, place: Place) -> bool:
        return self.max_depth is None or place.depth <= self.max_depth

    def _show(self, here: int, place: Place) -> Shown:
        is_keyword = place.row == self.keyword
        hidden = place.size - 1 if place.depth == self.max_depth else 0
        tooltip = [f"label {place.node.label}"] if place.node.label is not None else []
        if place.node.word is not None:
            tooltip.insert(0, place.node.word)
        number, style = "", None
        if self.numbers is not None and self.norms is not None:
            value, norm = float(self.numbers[place.row]), float(self.norms[place.row])
            style = self.styles[place.row]
            number = self.scale.printed(value) if self.with_numbers else ""
            tooltip.append(f"{self.scale.quantity} {value!r}")
            if self.scale.quantity == "ratio":
                tooltip.append(f"norm {norm!r}")
        return Shown(
            id=here,
            parent=place.parent,
            place=place,
            names=_names(place, self._leaf_labels),
            number=number,
            tooltip=(*tooltip, f"depth {place.depth}"),
            style=style,
            is_keyword=is_keyword,
            hidden=hidden,
        )


def _per_node(values: Sequence[float] | npt.NDArray[np.float64], n_nodes: int) -> npt.NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1:
        raise ValueError(f"values are one number per node, not an array of shape {numbers.shape}")
    if len(numbers) != n_nodes:
        raise ValueError(f"the tree has {n_nodes} nodes, but {len(numbers)} values were given")
    return numbers


def _names(place: Place, leaf_labels: bool) -> tuple[str, ...]:
    """Return what is printed above the number: a leaf's word, another node's label, the root's class."""
    names = []
    label = place.node.label
    if label is not None and place.parent < 0:
        names.append(f"class {label}" if label.isdecimal() else label)
    elif label is not None and (leaf_labels or not place.is_leaf):
        names.append(label)
    if place.node.word is not None:
        names.append(place.node.word)
    return tuple(shorten(name, LONGEST_NAME) if len(name) > LONGEST_NAME else name for name in names)
