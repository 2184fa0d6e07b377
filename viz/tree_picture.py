"""A parse tree, every node coloured by the gradient norm that reaches it, or plain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import graphviz

from viz.files import suffix_of, write_atomic
from viz.fonts import FONT
from viz.legend import colour_bar, key
from viz.render import FORMATS, render
from viz.scale import SPECIAL, NormScale
from viz.text import safe_label, short_number
from viz.walk import Place, places

if TYPE_CHECKING:
    from models.tree import Tree

CAPTION = "gradient norm ‖∂J/∂p‖ at each node"

_FRAME = {"fontsize": "10", "labelloc": "b", "margin": "12", "peripheries": "0"}


class TreePicture:
    """Picture of one tree with one number per node, or of the tree alone.

    Parameters
    ----------
    tree : models.Tree
        Any number of children per node, any depth.
    values : sequence of float, one per node, or None
        Norms in post-order: entry k belongs to row k of the tree's `models.Forest`. None draws labels and
        words only, and a box around the keyword.
    scale : NormScale, optional
        The colours; the same object for pictures that will be compared. Fitted to ``values``
        where it is not given.
    keyword : int, optional
        Row of the leaf that carries the sentence's keyword, drawn with a double border where nodes have
        values.
    title : str, optional
        Printed above the tree.
    caption : str
        Printed under the colour bar: what the numbers are.

    Raises
    ------
    ValueError
        ``values`` has not one number per node or a negative one, or ``keyword`` is no leaf.
    """

    def __init__(
        self,
        tree: Tree,
        values: Sequence[float] | None,
        scale: NormScale | None = None,
        *,
        keyword: int | None = None,
        title: str | None = None,
        caption: str = CAPTION,
    ) -> None:
        self.places = places(tree)
        if values is not None and len(values) != len(self.places):
            raise ValueError(f"the tree has {len(self.places)} nodes, but {len(values)} values were given")
        leaves = {place.row for place in self.places if place.is_leaf}
        if keyword is not None and keyword not in leaves:
            raise ValueError(f"the keyword is a leaf, but row {keyword} is none")
        self.values = None if values is None else [float(value) for value in values]
        known = self.values or []
        self.scale = NormScale.fit(known) if scale is None else scale
        self.styles = [self.scale.style(value) for value in known]
        self.keyword = keyword
        self.title = title
        self.caption = caption

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same tree and numbers, always."""
        graph = graphviz.Digraph(
            "tree",
            graph_attr={
                "bgcolor": "white",
                "fontname": FONT,
                "fontsize": "13",
                "label": safe_label(self.title or ""),
                "labelloc": "t",
                "nodesep": "0.12",
                "ordering": "out",
                "ranksep": "0.4",
                "splines": "line",
            },
            node_attr={
                "fontname": FONT,
                "fontsize": "10",
                "height": "0.42",
                "margin": "0.07,0.04",
                "shape": "box",
                "width": "0.3",
            },
            edge_attr={"arrowhead": "none", "color": "#808080", "headport": "n", "tailport": "s"},
        )
        # The legend is the label of frames around the tree, so it can never overlap the tree.
        around = _FRAME if self.styles else {**_FRAME, "margin": "0"}
        with graph.subgraph(name="cluster_key") as outer:
            outer.attr(label=self._key(), **around)
            with outer.subgraph(name="cluster_tree") as frame:
                bar = colour_bar(self.scale, self.caption) if self.styles else ""
                frame.attr(label=bar, **around)
                for here, place in enumerate(self.places):
                    frame.node(f"n{here}", **self._node(place))
                for here, place in enumerate(self.places[1:], start=1):
                    frame.edge(f"n{place.parent}", f"n{here}")
        return str(graph.source)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format that the suffix names, and return its path.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png``, ``.pdf`` or ``.dot``; the last needs no layout engine.

        Raises
        ------
        ValueError
            The suffix is none of these.
        RenderError
            There is no layout engine; the text says how to get one.
        OSError
            The file cannot be written; nothing is left behind.
        """
        suffix = suffix_of(path, (*FORMATS, "dot"))
        return write_atomic(path, self.dot.encode() if suffix == "dot" else render(self.dot, suffix))

    def _key(self) -> str:
        present = set(self.styles)
        return key(
            (style for style in SPECIAL if style in present), self.keyword is not None and bool(self.styles)
        )

    def _node(self, place: Place) -> dict[str, str]:
        if self.values is None:
            return _plain(place, place.row == self.keyword)
        value, style = self.values[place.row], self.styles[place.row]
        return {
            "color": style.border,
            "fillcolor": style.fill,
            "fontcolor": style.font,
            "label": safe_label(*_names(place), short_number(value)),
            "penwidth": f"{style.width:g}",
            "peripheries": "2" if place.row == self.keyword else "1",
            "style": f"filled,{style.line}" + ("" if place.is_leaf else ",rounded"),
            "tooltip": safe_label(f"norm {value!r}", f"depth {place.depth}"),
        }


def _plain(place: Place, boxed: bool) -> dict[str, str]:
    """Return how a node without a value looks: a word, a label, or only its edges where there is neither."""
    names = _names(place)
    return {
        "height": "0.24" if names else "0.01",
        "label": safe_label(*names),
        "margin": "0.07,0.04" if names else "0",
        "shape": "box" if boxed else "plaintext",
        "tooltip": f"depth {place.depth}",
    }


def _names(place: Place) -> list[str]:
    """Return what is printed above the number."""
    names = []
    if place.parent < 0 and place.node.label is not None:
        names.append(f"class {place.node.label}")
    elif not place.is_leaf and place.node.label is not None:
        names.append(place.node.label)
    if place.is_leaf:
        names.append(place.node.word or "")
    return names
