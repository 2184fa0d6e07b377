"""Trees on a sheet as DOT text with a place for everything, so that a layout engine only has to draw it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import graphviz

from viz.fonts import FONT
from viz.measure import text_height, text_width, wrapped
from viz.text import safe_label, visible
from viz.tidy import Tidy, tidy
from viz.tree_box import FONT_SIZE, TreeBox, tree_boxes
from viz.tree_panel import TreePanel

# Of Graphviz's engines "nop2" is the one that takes all places as they are given.
_GRAPH = {"bgcolor": "white", "fontname": FONT, "fontsize": str(FONT_SIZE), "labelloc": "b", "layout": "nop2"}
_GRAPH |= {"margin": "0"}
# The margin is less than that in the boxes' own sizes, so that these count.
_NODE = {"fontname": FONT, "fontsize": str(FONT_SIZE), "margin": "0.02,0.01", "shape": "box"}
_EDGE = {"arrowhead": "none", "color": "#808080"}
_TITLE_SIZE, _HEADING_SIZE = 13, 11  # points
_TITLE_WIDTH, _HEADING_WIDTH = 340.0, 340.0  # points, at least, before a title or a heading is broken
_BELOW_TITLE, _BETWEEN, _BELOW = 8.0, 28.0, 8.0  # points


@dataclass(frozen=True)
class _Panel:
    """A tree, laid out, with its title in lines."""

    boxes: list[TreeBox]
    drawing: Tidy
    title: list[str]

    @property
    def width(self) -> float:
        return max(self.drawing.width, _widest(self.title, _TITLE_SIZE))

    @property
    def title_height(self) -> float:
        return text_height(len(self.title), _TITLE_SIZE) + _BELOW_TITLE if self.title else 0.0


def sheet(
    panels: Sequence[TreePanel],
    legend: Callable[[float], str] | None = None,
    columns: int | None = None,
    heading: str = "",
) -> str:
    """Return the DOT text of some trees, in rows from left to right.

    Parameters
    ----------
    panels : sequence of TreePanel
        At least one.
    legend : function, optional
        Returns an HTML-like label for a picture of a width in points.
    columns : int, optional
        Trees in a row; by default all of them.
    heading : str
        Printed above all trees.
    """
    drawn = [_laid_out(panel) for panel in panels]
    columns = min(columns or len(drawn), len(drawn))
    rows = [drawn[k : k + columns] for k in range(0, len(drawn), columns)]
    widths = [max(row[k].width for row in rows if k < len(row)) for k in range(columns)]
    width = sum(widths) + _BETWEEN * (columns - 1)
    above = wrapped(visible(heading), max(width, _HEADING_WIDTH), _HEADING_SIZE) if heading else []
    width = max(width, _widest(above, _HEADING_SIZE))
    graph = graphviz.Digraph(
        "tree",
        graph_attr={**_GRAPH, "label": legend(width) if legend else ""},
        node_attr=_NODE,
        edge_attr=_EDGE,
    )
    y = 0.0
    if above:
        _add_heading(graph, above, width)
        y = text_height(len(above), _HEADING_SIZE) + _BETWEEN / 2
    start = (width - sum(widths) - _BETWEEN * (columns - 1)) / 2
    for r, row in enumerate(rows):
        title, x = max(panel.title_height for panel in row), start
        for k, panel in enumerate(row):
            number = r * columns + k
            prefix = f"p{number}" if len(drawn) > 1 else ""
            with graph.subgraph(name=f"cluster_{number}") as frame:
                _add(panel, frame, prefix, (x, y, widths[k], title))
            x += widths[k] + _BETWEEN
        y += title + max(panel.drawing.height for panel in row) + _BETWEEN
    return str(graph.source)


def _laid_out(panel: TreePanel) -> _Panel:
    boxes = tree_boxes(panel)
    drawing = tidy(
        [box.parent for box in boxes],
        [box.width for box in boxes],
        [box.height for box in boxes],
        align=panel.align_leaves,
    )
    width = max(drawing.width, _TITLE_WIDTH)
    title = wrapped(visible(panel.title), width, _TITLE_SIZE) if panel.title else []
    return _Panel(boxes, drawing, title)


def _add_heading(graph: Any, lines: Sequence[str], width: float) -> None:
    height = text_height(len(lines), _HEADING_SIZE)
    with graph.subgraph(name="cluster_heading") as frame:
        frame.attr(
            bb=_rectangle(0, 0, width, height),
            fontsize=str(_HEADING_SIZE),
            label=safe_label(*lines),
            lp=_at(width / 2, height / 2),
            peripheries="0",
        )


def _add(panel: _Panel, frame: Any, prefix: str, place: tuple[float, float, float, float]) -> None:
    """Add a tree at the place, (left, top, width, height of the title), in its middle."""
    left, top, width, title = place
    frame.attr(
        bb=_rectangle(left, top, left + width, top + title + panel.drawing.height + _BELOW),
        fontsize=str(_TITLE_SIZE),
        label=safe_label(*panel.title) if panel.title else "",
        lp=_at(left + width / 2, top + (title - _BELOW_TITLE) / 2),
        peripheries="0",
    )
    x0, y0 = left + (width - panel.drawing.width) / 2, top + title
    for k, box in enumerate(panel.boxes):
        x, y = panel.drawing.x[k], panel.drawing.y[k]
        frame.node(prefix + box.name, pos=_at(x0 + x, y0 + y + box.height / 2), **box.attributes)
    for box, branch in zip(panel.boxes, panel.drawing.branches, strict=True):
        if branch:
            corners = [_at(x0 + x, y0 + y) for x, y in branch]
            # A straight line is a Bézier curve whose middle points are its ends.
            curve = [corners[0], *(p for corner in corners[1:-1] for p in [corner] * 3), corners[-1]]
            start, end = prefix + panel.boxes[box.parent].name, prefix + box.name
            style = {"style": "dashed"} if box.is_hidden else {}
            frame.edge(start, end, pos=" ".join([curve[0], *curve, curve[-1]]), **style)


def _widest(lines: Sequence[str], size: float) -> float:
    return max((text_width(line, size) for line in lines), default=0.0)


def _at(x: float, y: float) -> str:
    """Return a place for Graphviz, whose y grows upwards."""
    return f"{x:.2f},{0.0 - y:.2f}"


def _rectangle(left: float, top: float, right: float, bottom: float) -> str:
    return f"{left:.2f},{0.0 - bottom:.2f},{right:.2f},{0.0 - top:.2f}"
