"""Trees on a sheet as DOT text: each is a cluster with its title, and the legend is below all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import graphviz

from models.forest_checks import span_text
from viz.fonts import FONT
from viz.text import safe_html, safe_label
from viz.tree_panel import Shown, TreePanel

_GRAPH = {"bgcolor": "white", "fontname": FONT, "fontsize": "10", "labelloc": "b"}
_GRAPH |= {"nodesep": "0.12", "ordering": "out", "ranksep": "0.4", "splines": "line"}
_NODE = {"fontname": FONT, "fontsize": "10", "height": "0.42", "margin": "0.07,0.04", "shape": "box"}
_NODE |= {"width": "0.3"}
_EDGE = {"arrowhead": "none", "color": "#808080", "headport": "n", "tailport": "s"}
_SMALL = "7.5"  # points, of the depth
_MOST_CENTRED = 64  # levels; a deeper tree would become as wide as it is deep
# Graphviz places a parent over any of its children; a heavy edge is drawn straight down. It leads to the
# child in the middle, or, if there is none, to an invisible node.
_CENTRING = "200"
_MIDDLE = {"height": "0.01", "label": "", "style": "invis", "width": "0.01"}
_JOINT = {"color": "#808080", "label": "", "shape": "point", "width": "0.05"}  # of edges, nothing else
_EMPTY = {"height": "0.2", "width": "0.2"}  # of a node that has a colour only


def sheet(panels: Sequence[TreePanel], legend: str = "", columns: int | None = None) -> str:
    """Return the DOT text of some trees, in rows from left to right.

    Parameters
    ----------
    panels : sequence of TreePanel
        At least one.
    legend : str
        An HTML-like label; empty for none.
    columns : int, optional
        Trees in a row; by default all of them.
    """
    # Graphviz lays out each tree by itself and packs them into an array, sorted by `sortv`.
    array = {"pack": "16", "packmode": f"array_ut{columns or len(panels)}"} if len(panels) > 1 else {}
    graph = graphviz.Digraph(
        "tree", graph_attr={**_GRAPH, "label": legend, **array}, node_attr=_NODE, edge_attr=_EDGE
    )
    for k, panel in enumerate(panels):
        with graph.subgraph(name=f"cluster_{k}") as frame:
            frame.attr(label=safe_label(panel.title or ""), labelloc="t", fontsize="13", peripheries="0")
            if array:
                frame.attr(sortv=str(k))
            _add(panel, frame, f"p{k}n" if array else "n")
    return str(graph.source)


def _add(panel: TreePanel, frame: Any, prefix: str) -> None:
    for node in panel.shown:
        frame.node(f"{prefix}{node.id}", **(_plain(node) if node.style is None else _filled(node)))
        if node.hidden:
            frame.node(f"{prefix}{node.id}h", **_hidden(node, panel.hides_keyword(node)))
    for node, children in _families(panel.shown):
        start = f"{prefix}{node.id}"
        middle = len(children) // 2
        centred = len(children) > 1 and panel.deepest <= _MOST_CENTRED
        for k, child in enumerate(children):
            if centred and k == middle and len(children) % 2 == 0:
                frame.node(f"{start}m", **_MIDDLE)
                frame.edge(start, f"{start}m", style="invis", weight=_CENTRING)
            straight = {"weight": _CENTRING} if centred and k == middle and len(children) % 2 else {}
            frame.edge(start, f"{prefix}{child.id}", **straight, **_ports(node, child))
        if node.hidden:
            frame.edge(start, f"{start}h", style="dashed")
    if panel.align_leaves:
        ends = [node for node in panel.shown if node.place.is_leaf or node.hidden]
        with frame.subgraph() as line:
            line.attr(rank="same")
            for node in ends:
                line.node(f"{prefix}{node.id}{'h' if node.hidden else ''}")


def _families(shown: Sequence[Shown]) -> list[tuple[Shown, list[Shown]]]:
    """Return every node with those of its children that are drawn, left to right."""
    families: dict[int, tuple[Shown, list[Shown]]] = {node.id: (node, []) for node in shown}
    for node in shown:
        if node.parent >= 0:
            families[node.parent][1].append(node)
    return list(families.values())


def _ports(node: Shown, child: Shown) -> dict[str, str]:
    """Return where an edge ends: at a node's border, or in the middle of a joint."""
    ends = {"tailport": node, "headport": child}
    return {port: "c" for port, end in ends.items() if not (end.style or end.names or end.depth)}


def _filled(node: Shown) -> dict[str, str]:
    assert node.style is not None
    lines = [*map(safe_html, node.names), *([node.number] if node.number else [])]
    if node.depth:
        lines.append(f'<FONT POINT-SIZE="{_SMALL}">{node.depth}</FONT>')
    return {
        **({"height": "0.28"} if len(lines) == 1 else {} if lines else _EMPTY),
        "color": node.style.border,
        "fillcolor": node.style.fill,
        "fontcolor": node.style.font,
        "label": f"<{'<BR/>'.join(lines)}>" if lines else "",
        "penwidth": f"{node.style.width:g}",
        "peripheries": "2" if node.is_keyword else "1",
        "style": f"filled,{node.style.line}" + ("" if node.place.is_leaf else ",rounded"),
        "tooltip": safe_label(*node.tooltip),
    }


def _plain(node: Shown) -> dict[str, str]:
    """Return how a node without a value looks: its word or label, or else a joint of its edges."""
    lines = [*node.names, *([node.depth] if node.depth else [])]
    if not lines:
        return {**_JOINT, "tooltip": safe_label(*node.tooltip)}
    return {
        "height": "0.24",
        "label": safe_label(*lines),
        "shape": "box" if node.is_keyword else "plaintext",
        "tooltip": safe_label(*node.tooltip),
    }


def _hidden(node: Shown, has_keyword: bool) -> dict[str, str]:
    words = node.place.node.words()
    return {
        "color": "#808080",
        "height": "0.24",
        "label": f"+{node.hidden} hidden",
        "peripheries": "2" if has_keyword else "1",
        "style": "dashed,rounded",
        "tooltip": safe_label(span_text(words, 12)),
    }
