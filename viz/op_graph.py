"""The autodiff graph behind a tensor: ops and tensors, coloured by the norms of their cotangents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import graphviz

from minigrad.explain import check_values, table
from minigrad.outline import Box, outline
from viz.fonts import FONT
from viz.legend import legend
from viz.op_graph_box import UNRECORDED, box_attributes, least_width
from viz.picture import Picture
from viz.scale import NormScale
from viz.style import SPECIAL, Style
from viz.text import safe_label

if TYPE_CHECKING:
    from minigrad import Tensor

CAPTION = "norm ‖∂J/∂v‖ of each value's cotangent"

_FRAME = {"fontsize": "13", "labelloc": "t", "peripheries": "0"}
_SCOPE = {"color": "#808080", "label": "", "margin": "8", "peripheries": "1", "style": "rounded"}
# The title of a scope is a node above its boxes, which arrows go around; they would cross a cluster's label.
_TITLE = {"height": "0.2", "margin": "0.04,0", "shape": "plaintext", "width": "0"}


class OpGraphPicture(Picture):
    """Picture of the graph behind a tensor: one box per value or collapsed scope, and arrows to its readers.

    What is shown is copied when the picture is made: it keeps no graph alive, and a later backward does not
    change it. Operands without a gradient are not in the graph. A read of a fold's states has arrows from the
    writes of those rows, so a collapsed fold (``mode="node"``) looks like its tree. Leaf tensors that are
    read only by ops of scopes, such as a cell's parameters, are printed inside the boxes of those ops, or in
    one box beside collapsed scopes.

    Parameters
    ----------
    tensor : minigrad.Tensor
        What the graph computes, at the top.
    expand : "all", or a scope, or several
        The scopes whose ops are drawn; any other is one box with its results. A scope is named by its text
        or by whole words of it, which may match several.
    max_nodes : int or None
        The largest number of boxes. Those furthest from the tensor are replaced by one that counts them.
    values : bool
        Print the values that `minigrad.record_values` has kept: arrays of up to 16 elements in full, with
        three digits; of larger ones the minimum, maximum and mean.
    names : mapping from a name to a tensor, optional
        Names of tensors besides those that they have, for instance ``dict(model.named_parameters())``.
    scale : NormScale, optional
        The colours; share one object among pictures that will be compared. By default it is fitted to the
        picture's norms. There are norms after a backward under `minigrad.record_gradients`.
    title : str, optional
        Printed above the graph.
    caption : str
        Printed under the colour bar: what the numbers are.

    Raises
    ------
    GraphError
        The tensor has no graph, or `values` is set and none was recorded.
    ValueError
        `expand` names no scope of the graph, or `max_nodes` is not a whole number from 1 on.
    """

    def __init__(
        self,
        tensor: Tensor,
        *,
        expand: Any = (),
        max_nodes: int | None = 300,
        values: bool = False,
        names: Mapping[str, Tensor] | None = None,
        scale: NormScale | None = None,
        title: str | None = None,
        caption: str = CAPTION,
    ) -> None:
        self.outline = outline(tensor, expand, max_nodes, names, carry=True)
        self._plain = outline(tensor, expand, max_nodes, names)
        if values:
            check_values(self.outline)
        self.values = values
        items = [item for box in self.outline.boxes for item in (*box.items, *box.inside)]
        norms = [item.norm for item in items if item.norm is not None]
        self.scale = (NormScale.fit(norms) if scale is None else scale) if norms else None
        self.styles = {item: self._style(item.norm) for item in items}
        self.title = title
        self.caption = caption

    @property
    def name(self) -> str:
        """What the picture's page is called."""
        return self.title or "op graph"

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same computation, always."""
        graph = graphviz.Digraph(
            "graph",
            graph_attr={
                "bgcolor": "white",
                "fontname": FONT,
                "fontsize": "10",
                "label": self._legend(),
                "labelloc": "b",
                "margin": "0",
                "nodesep": "0.1",
                "ranksep": "0.18",
            },
            node_attr={"fontname": FONT, "fontsize": "10", "height": "0.3", "margin": "0.06,0.04"},
            # A reader is placed above what it reads: the arrow is drawn against the order of ranks.
            edge_attr={"arrowsize": "0.5", "color": "#808080", "dir": "back"},
        )
        with graph.subgraph(name="cluster_graph") as frame:
            frame.attr(label=safe_label(self.title or ""), **_FRAME, margin="12" if self.scale else "0")
            self._draw(frame)
        return str(graph.source)

    def to_text(self) -> str:
        """Return the table that `minigrad.explain` prints of the same graph, with nodes numbered from 1."""
        heading = f"{self.title}\n" if self.title else ""
        return f"{heading}{table(self._plain, self.values, renumber=True)}\n"

    def _draw(self, frame: graphviz.Digraph) -> None:
        drawn: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for k, box in enumerate(self.outline.boxes):
            framed = box.scope if box.kind in ("op", "leaf") else ""
            attributes = box_attributes(box, self.styles, self.values)
            drawn.setdefault(framed, []).append((f"n{k}", attributes))
        for number, (scope, nodes) in enumerate(drawn.items()):
            if not scope:
                for name, attributes in nodes:
                    frame.node(name, **attributes)
                continue
            with frame.subgraph(name=f"cluster_scope{number}") as cluster:
                cluster.attr(**_SCOPE)
                cluster.node(f"scope{number}", label=safe_label(scope), **_TITLE)
                inside = {name for name, _ in nodes}
                read = {f"n{source}" for source, target in self.outline.arrows if f"n{target}" in inside}
                for name, attributes in nodes:
                    cluster.node(name, **attributes)
                    if name not in read:
                        cluster.edge(f"scope{number}", name, style="invis")
        for (source, target), times in self.outline.arrows.items():
            ends: tuple[Box, Box] = self.outline.boxes[source], self.outline.boxes[target]
            single = all(box.kind in ("op", "leaf") for box in ends)
            style = {"style": "dotted"} if ends[0].kind in ("leaves", "hidden") else {}
            for _ in range(times if single else 1):
                frame.edge(f"n{target}", f"n{source}", **style)

    def _style(self, norm: float | None) -> Style:
        return UNRECORDED if norm is None or self.scale is None else self.scale.style(norm)

    def _legend(self) -> str:
        if self.scale is None:
            return ""
        present = set(self.styles.values())
        special = [style for style in (*SPECIAL, UNRECORDED) if style in present]
        return legend(self.scale, self.caption, special, False, self._width())

    def _width(self) -> float:
        """Return about how wide the graph is, in points: its widest row, with boxes as high as possible.

        The layout engine, which knows, is not asked: the DOT text is the same with and without it.
        """
        level = [0] * len(self.outline.boxes)
        for source, target in sorted(self.outline.arrows, reverse=True):
            level[source] = max(level[source], level[target] + 1)
        rows: dict[int, float] = {}
        for box, at in zip(self.outline.boxes, level, strict=True):
            rows[at] = rows.get(at, 0.0) + least_width(box)
        return max(rows.values())
