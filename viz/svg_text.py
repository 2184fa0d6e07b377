"""Text in SVG files stays in the middle of its box, whichever font the reader has."""

from __future__ import annotations

import html
import re

from viz.measure import engine_width

# Graphviz writes a line of an HTML-like label by its left end.
_LEFT = re.compile(r'text-anchor="start" x="([-\d.]+)"([^>]*font-size="([\d.]+)"[^>]*)>([^<]*)<')


def centred(svg: str) -> str:
    """Return the text of an SVG file with every line of text placed by its middle.

    A line that is placed by its left end is in the middle only if the reader's letters are as wide as those
    of the layout engine.
    """

    def by_middle(line: re.Match[str]) -> str:
        left, more, size, text = line.groups()
        middle = float(left) + engine_width(html.unescape(text), float(size)) / 2
        return f'text-anchor="middle" x="{middle:.2f}"{more}>{text}<'

    return _LEFT.sub(by_middle, svg)
