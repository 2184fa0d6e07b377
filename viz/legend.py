"""The legend of a tree picture, as HTML-like DOT labels."""

import math
from collections.abc import Iterable

from viz.scale import NormScale, Style
from viz.text import safe_html, tick_number

LEAST_CELLS = 9
_ROOM = 7.5  # points per letter, more than the letters take at the legend's size
_SWATCH = 'WIDTH="22" HEIGHT="14" FIXEDSIZE="TRUE"'
_PER_ROW = 3


def key(special: Iterable[Style], keyword: bool) -> str:
    """Return the label that explains borders; empty where there is nothing to explain.

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
    rows = ("".join(entries[i : i + _PER_ROW]) for i in range(0, len(entries), _PER_ROW))
    return _label("".join(f"<TR>{row}</TR>" for row in rows)) if entries else ""


def colour_bar(scale: NormScale, caption: str) -> str:
    """Return the label that explains colours: a bar with ticks and, under it, the caption.

    Each tick stands centred under the cell of its own colour: its label spans as many columns as
    lie from one tick to the next, an odd number, and the bar is set in by half of that on both
    sides. Graphviz stretches columns, and tears the bar apart, where a row needs more room than
    they have, so they are made wide enough for the text.
    """
    ticks = scale.ticks()
    per_tick = max(3, math.ceil((LEAST_CELLS - 1) / (len(ticks) - 1)))
    per_tick += 1 - per_tick % 2
    columns = len(ticks) * per_tick
    cells = columns - per_tick + 1
    labels = [tick_number(tick) for tick in ticks]
    longest = max(map(len, labels))
    width = math.ceil(max(9, _ROOM * longest / per_tick, _ROOM * len(caption) / columns))
    size = f'WIDTH="{width}" HEIGHT="14" FIXEDSIZE="TRUE"'
    margin = f"<TD {size}></TD>" * (per_tick // 2)
    colours = (scale.style(scale.at(i / (cells - 1))).fill for i in range(cells))
    rows = (
        margin + "".join(f'<TD {size} BGCOLOR="{colour}"></TD>' for colour in colours) + margin,
        "".join(f'<TD COLSPAN="{per_tick}">{label}</TD>' for label in labels),
        f'<TD COLSPAN="{columns}" CELLPADDING="4">{safe_html(caption)}</TD>',
    )
    return _label("".join(f"<TR>{row}</TR>" for row in rows))


def _label(rows: str) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>'


def _entry(swatch: str, note: str) -> str:
    return (
        f'<TD CELLPADDING="4">{swatch}</TD>'
        f'<TD CELLPADDING="4" ALIGN="LEFT">{safe_html(note)}</TD><TD WIDTH="14"></TD>'
    )


def _swatch(style: Style) -> str:
    return (
        f'<TABLE BORDER="{style.width:g}" COLOR="{style.border}" STYLE="{style.line}" '
        f'BGCOLOR="{style.fill}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
        f"<TR><TD {_SWATCH}></TD></TR></TABLE>"
    )


def _double_border() -> str:
    return (
        '<TABLE BORDER="1" CELLBORDER="1" CELLSPACING="2" CELLPADDING="0">'
        f"<TR><TD {_SWATCH}></TD></TR></TABLE>"
    )
