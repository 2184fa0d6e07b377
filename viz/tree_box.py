"""The boxes of a tree: their sizes, and how they look, as DOT attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.forest_checks import span_text
from viz.measure import text_height, text_width
from viz.text import safe_label, visible
from viz.tree_panel import Shown, TreePanel

FONT_SIZE = 10  # points
_SIDE, _ABOVE = 5.0, 3.0  # points between a text and its border
_NARROWEST, _COLOUR_ONLY = 21.6, 14.4  # points: a box, and one that has a colour only
_SECOND_BORDER, _ABOVE_INSIDE = 4.0, 1.0  # points outside the first of two borders, and inside it
_JOINT = {"color": "#808080", "label": "", "shape": "point", "width": "0.05"}  # of branches, nothing else


@dataclass(frozen=True)
class TreeBox:
    """A node as the layout sees it, and what it looks like.

    Attributes
    ----------
    name : str
        What follows the panel's name in the name of the node: ``n3``; ``n3h`` for what is hidden below it.
    parent : int
        The index of the parent's box, -1 for the root's.
    width, height : float
        In points, with both borders. The joint of a plain tree's branches is a point, without a height.
    attributes : dict
        Of the node in DOT.
    """

    name: str
    parent: int
    width: float
    height: float
    attributes: dict[str, str]

    @property
    def is_hidden(self) -> bool:
        """Whether it stands for nodes that are not drawn."""
        return self.name.endswith("h")


def tree_boxes(panel: TreePanel) -> list[TreeBox]:
    """Return the boxes of a panel in pre-order."""
    boxes: list[TreeBox] = []
    index: dict[int, int] = {}
    for node in panel.shown:
        parent = index.get(node.parent, -1)
        index[node.id] = len(boxes)
        name = f"n{node.id}"
        boxes.append(_plain(node, name, parent) if node.style is None else _filled(node, name, parent))
        if node.hidden:
            boxes.append(_hidden(node, f"{name}h", index[node.id], panel.hides_keyword(node)))
    return boxes


def _filled(node: Shown, name: str, parent: int) -> TreeBox:
    assert node.style is not None
    return _box(
        name,
        parent,
        [*node.names, *([node.number] if node.number else [])],
        borders=2 if node.is_keyword else 1,
        color=node.style.border,
        fillcolor=node.style.fill,
        fontcolor=node.style.font,
        penwidth=f"{node.style.width:g}",
        style=f"filled,{node.style.line}" + ("" if node.place.is_leaf else ",rounded"),
        tooltip=safe_label(*node.tooltip),
    )


def _plain(node: Shown, name: str, parent: int) -> TreeBox:
    """Return how a node without a value looks: its word or label, or else a joint of its branches."""
    tooltip = safe_label(*node.tooltip)
    if not node.names:
        return TreeBox(name, parent, 3.6, 0.0, {**_JOINT, "tooltip": tooltip})
    return _box(name, parent, node.names, shape="box" if node.is_keyword else "plaintext", tooltip=tooltip)


def _hidden(node: Shown, name: str, parent: int, has_keyword: bool) -> TreeBox:
    return _box(
        name,
        parent,
        [f"+{node.hidden} hidden"],
        borders=2 if has_keyword else 1,
        color="#808080",
        style="dashed,rounded",
        tooltip=safe_label(span_text(node.place.node.words(), 12)),
    )


def _box(name: str, parent: int, lines: Sequence[str], borders: int = 1, **look: str) -> TreeBox:
    width = height = _COLOUR_ONLY
    above = _ABOVE if borders == 1 else _ABOVE_INSIDE
    if lines:
        widest = max(text_width(visible(line), FONT_SIZE) for line in lines)
        width = max(_NARROWEST, widest + 2 * _SIDE)
        height = text_height(len(lines), FONT_SIZE) + 2 * above
    attributes = {
        "height": f"{height / 72:.4f}",
        "label": safe_label(*lines) if lines else "",
        "width": f"{width / 72:.4f}",
        **look,
    }
    outside = 0.0
    if borders > 1:
        attributes["peripheries"] = str(borders)
        outside = 2 * _SECOND_BORDER
    return TreeBox(name, parent, width + outside, height + outside, attributes)
