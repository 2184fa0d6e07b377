"""One tree that a slider moves through the epochs: part of a page that loads nothing from the network.

The tree is laid out once, with enough space for the longest number of every node, so that nothing jumps. The
page starts with the last epoch; the script changes the nodes' colours, borders, numbers and tooltips.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from xml.etree import ElementTree

from viz.html import inline
from viz.measure import text_width
from viz.picture import Width
from viz.render import render
from viz.size import sized
from viz.text import visible
from viz.tree_box import FONT_SIZE
from viz.tree_dot import sheet
from viz.tree_panel import Shown, TreePanel

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_DASHES = {"solid": "none", "dashed": "5,2", "dotted": "1,5"}  # as Graphviz writes them

# Of a node in an epoch: fill, text, border, its width and dashes, the number, the tooltip.
Look = tuple[str, str, str, str, str, str, str]

_SCRIPT = """\
(() => {
  const root = document.getElementById("ID");
  const epochs = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const groups = [...root.querySelectorAll("g.node")];
  const nodes = new Map(groups.map(group => [group.querySelector("title").textContent, group]));
  const slider = root.querySelector("input"), title = root.querySelector("output");
  slider.addEventListener("input", () => {
    const epoch = epochs[slider.value];
    title.textContent = epoch.title;
    for (const [name, [fill, font, border, width, dashes, number, tooltip]] of Object.entries(epoch.nodes)) {
      const node = nodes.get(name);
      for (const shape of node.querySelectorAll("polygon, path")) {
        if (shape.getAttribute("fill") !== "none") shape.setAttribute("fill", fill);
        shape.setAttribute("stroke", border);
        shape.setAttribute("stroke-width", width);
        shape.setAttribute("stroke-dasharray", dashes);
      }
      const lines = [...node.querySelectorAll("text")];
      for (const line of lines) line.setAttribute("fill", font);
      lines.at(-1).textContent = number;
      node.querySelector("a").setAttributeNS("http://www.w3.org/1999/xlink", "xlink:title", tooltip);
    }
  });
})();"""

_BODY = """\
<div id="{id}">
<p>{sentence}</p>
<p><label>{first} <input type="range" min="0" max="{most}" value="{most}" step="1"
 style="width: 24em; max-width: 60%; vertical-align: middle"> {last}</label>
 &emsp; <strong><output>{last}</output></strong></p>
<noscript><p>The slider needs JavaScript. This is {last}.</p></noscript>
{svg}
<script type="application/json">{data}</script>
<script>
{script}
</script>
</div>"""


def slider_body(
    frames: Sequence[TreePanel], legend: Callable[[float], str] | None, sentence: str, width: Width = None
) -> str:
    """Return the slider, the tree and the script as HTML.

    Parameters
    ----------
    frames : sequence of TreePanel
        The same tree with the same options in every epoch, with numbers; at least one.
    legend : function or None
        Returns an HTML-like label for a picture of a width in points.
    sentence : str
        Printed above the slider.
    width : str or float, optional
        As in `Picture.save`.

    Raises
    ------
    RenderError
        There is no layout engine.
    """
    looks = [{f"n{node.id}": look(node) for node in frame.shown} for frame in frames]
    svg = _dressed(render(sized(sheet([_with_room(frames)], legend), width), "svg").decode(), looks[-1])
    titles = [frame.title or "" for frame in frames]
    data = json.dumps(
        [{"title": title, "nodes": nodes} for title, nodes in zip(titles, looks, strict=True)],
        ensure_ascii=False,
        separators=(",", ":"),
    ).replace("<", "\\u003c")
    # Several pictures can stand on one page, such as a notebook.
    id = "epochs-" + hashlib.sha256((svg + data).encode()).hexdigest()[:12]
    return _BODY.format(
        id=id,
        sentence=escape(visible(sentence)),
        first=escape(titles[0]),
        last=escape(titles[-1]),
        most=len(frames) - 1,
        svg=inline(svg),
        data=data,
        script=_SCRIPT.replace("ID", id),
    )


def look(node: Shown) -> Look:
    """Return how a node looks in an epoch, as attributes of SVG."""
    style = node.style
    assert style is not None
    tooltip = "\n".join(map(visible, node.tooltip))
    dashes = _DASHES[style.line]
    return style.fill, style.font, style.border, f"{style.width:g}", dashes, node.number, tooltip


def _with_room(frames: Sequence[TreePanel]) -> TreePanel:
    """Return the last epoch's panel without its title, with each node's longest number of all epochs."""
    panel = copy.copy(frames[-1])
    panel.title = None
    panel.shown = [
        replace(nodes[-1], number=max((node.number for node in nodes), key=_width))
        for nodes in zip(*(frame.shown for frame in frames), strict=True)
    ]
    return panel


def _width(number: str) -> float:
    return text_width(number, FONT_SIZE)


def _dressed(svg: str, looks: dict[str, Look]) -> str:
    """Return the SVG with these numbers in its nodes."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    drawing = ElementTree.fromstring(svg)
    for group in drawing.iter(f"{{{_SVG}}}g"):
        name = group.findtext(f"{{{_SVG}}}title") or ""
        if group.get("class") == "node" and name in looks:
            lines = list(group.iter(f"{{{_SVG}}}text"))
            lines[-1].text = looks[name][5]
    return ElementTree.tostring(drawing, encoding="unicode")
