"""The legend of a picture, as an HTML-like DOT label: what borders mean, and what colours mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from viz.scale import Scale
from viz.style import Style
from viz.text import safe_html, tick_number

CELLS = 49  # of the colour bar: one more than a number with many divisors
_LEAST_WIDTH = 320  # points of the bar
_ROOM = 7.5  # points per letter, more than the letters take at the legend's size
# Without a fixed size it would be stretched to the width of the bar.
_SWATCH = 'WIDTH="34" HEIGHT="20" FIXEDSIZE="TRUE"'
_PER_ROW, _ENTRY = 3, 150  # entries of the key, and points for each


def legend(scale: Scale, caption: str, special: Iterable[Style], keyword: bool) -> str:
    """Return the label: a key of the borders that occur, and under it the colour bar."""
    tables = [table for table in (key(special, keyword), colour_bar(scale, caption)) if table]
    rows = "".join(f'<TR><TD CELLPADDING="4">{table}</TD></TR>' for table in tables)
    return f"<{_table(rows)}>"


def key(special: Iterable[Style], keyword: bool) -> str:
    """Return the table that explains borders; empty where there is nothing to explain.

    Parameters
    ----------
    special : iterable of Style
        Those styles of values without a colour that occur in the picture.
    keyword : bool
        Whether a node is marked as the keyword.
    """
    entries = [_entry(_swatch(style), style.note or "") for style in special]
    if keyword:
        entries.insert(0, _entry(_double_border(), "keyword"))
    if not entries:
        return ""
    rows = ["".join(entries[i : i + _PER_ROW]) for i in range(0, len(entries), _PER_ROW)]
    size = f'WIDTH="{_ENTRY * min(len(entries), _PER_ROW)}" HEIGHT="{28 * len(rows)}" FIXEDSIZE="TRUE"'
    return _table("".join(f"<TR>{row}</TR>" for row in rows), f" {size}")


def colour_bar(scale: Scale, caption: str) -> str:
    """Return the table that explains colours: a bar with ticks and, under it, the caption's lines.

    Each tick is centred under the cell of its own colour: its label spans as many columns to the left as to
    the right, half of the way to the nearest other tick, and the bar is inset by as much on both sides.
    Where a row needs more width than its columns have, Graphviz stretches them and tears the bar apart; so
    they are made wide enough for the text.
    """
    ticks = scale.ticks()
    places = [round(scale.position(tick) * (CELLS - 1)) for tick in ticks]
    half = (min(b - a for a, b in pairwise(places)) - 1) // 2
    labels = [tick_number(tick) for tick in ticks]
    columns = CELLS + 2 * half
    lines = caption.split("\n")
    longest = max(map(len, labels))
    width = math.ceil(
        max(_LEAST_WIDTH / CELLS, _ROOM * longest / (2 * half + 1), _ROOM * max(map(len, lines)) / columns)
    )
    spacer = f'<TD WIDTH="{width}" HEIGHT="1" FIXEDSIZE="TRUE"></TD>' * columns  # keeps columns equally wide
    margin = f'<TD COLSPAN="{half}"></TD>' if half else ""
    colours = [scale.style(scale.at(i / (CELLS - 1))).fill for i in range(CELLS)]
    rows = (
        spacer,
        f'{margin}<TD COLSPAN="{CELLS}">{_bar(colours, width)}</TD>{margin}',
        _tick_row(places, labels, half),
        *(
            f'<TD COLSPAN="{columns}" CELLPADDING="{1 if k else 4}">{safe_html(line)}</TD>'
            for k, line in enumerate(lines)
        ),
    )
    return _table("".join(f"<TR>{row}</TR>" for row in rows))


def _bar(colours: list[str], width: int) -> str:
    """Return cells of these colours, each painted over the one before.

    Cells side by side would let the page shine through between them.
    """
    rest = ""
    for colour in reversed(colours):
        cell = f'<TD WIDTH="{width}" HEIGHT="14" FIXEDSIZE="TRUE"></TD>'
        row = f"<TR>{cell}<TD>{rest}</TD></TR>" if rest else f"<TR>{cell}</TR>"
        rest = _table(row, f' BGCOLOR="{colour}"')
    return rest


def _tick_row(places: list[int], labels: list[str], half: int) -> str:
    cells, end = [], 0
    for place, label in zip(places, labels, strict=True):  # a label starts at its cell's column, less half
        if place > end:
            cells.append(f'<TD COLSPAN="{place - end}"></TD>')
        cells.append(f'<TD COLSPAN="{2 * half + 1}">{label}</TD>')
        end = place + 2 * half + 1
    return "".join(cells)


def _table(rows: str, more: str = "") -> str:
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"{more}>{rows}</TABLE>'


def _entry(swatch: str, note: str) -> str:
    return (
        f'<TD CELLPADDING="4" ALIGN="RIGHT">{swatch}</TD>'
        f'<TD CELLPADDING="4" ALIGN="LEFT">{safe_html(note)}</TD>'
    )


def _swatch(style: Style) -> str:
    return (
        f'<TABLE {_SWATCH} BORDER="{style.width:g}" COLOR="{style.border}" STYLE="{style.line}" '
        f'BGCOLOR="{style.fill}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD></TD></TR></TABLE>'
    )


def _double_border() -> str:
    return (
        f'<TABLE {_SWATCH} BORDER="1" CELLBORDER="1" CELLSPACING="2" CELLPADDING="0">'
        '<TR><TD WIDTH="26" HEIGHT="12" FIXEDSIZE="TRUE"></TD></TR></TABLE>'
    )
