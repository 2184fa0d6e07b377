"""What the tests of pictures share: small trees, and the nodes of an SVG file."""

import re
from xml.etree import ElementTree

from models.tree import Tree

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def chain(leaves):
    """A left-branching chain."""
    tree = Tree(None, "w0")
    for i in range(1, leaves):
        tree = Tree(None, children=(tree, Tree(None, f"w{i}")))
    return tree


def svg_nodes(svg):
    """Of every node in an SVG file, by its name: text lines, colours, tooltip, x of its centre."""
    nodes = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") != "node":
            continue
        texts = list(group.iter(f"{SVG}text"))
        shapes = [*group.iter(f"{SVG}polygon"), *group.iter(f"{SVG}path")]
        link = next(group.iter(f"{SVG}a"), None)
        nodes[group.findtext(f"{SVG}title")] = {
            "text": [_plain(text) for text in texts],
            "fills": {shape.get("fill") for shape in shapes} - {"none"},
            "fonts": {text.get("fill", "#000000") for text in texts},
            "borders": {(shape.get("stroke"), shape.get("stroke-dasharray", "none")) for shape in shapes},
            "tooltip": None if link is None else link.get(f"{XLINK}title"),
            "x": float(texts[0].get("x")) if texts else None,
        }
    return nodes


def svg_text(svg):
    """All text of an SVG file, in order."""
    return [_plain(text) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def unrolled(dot):
    """Return the DOT text with rows of its tables on lines of their own, and equal cells counted."""
    cells = re.sub(r"(<TD[^>]*></TD>)\1+", lambda m: f"{len(m[0]) // len(m[1])} × {m[1]}", dot)
    return re.sub(r"(?=<TR>)|(?=</TABLE>)(?<!</TABLE>)", "\n", cells)


def _plain(text):
    """The element's text; Graphviz makes the second of two spaces one that cannot break."""
    return text.text.replace("\xa0", " ")
