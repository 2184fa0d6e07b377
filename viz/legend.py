"""The legend of a tree picture, as an HTML-like DOT label."""

import math
from collections.abc import Iterable

from viz.scale import NormScale, Style
from viz.text import safe_html, tick_number

LEAST_CELLS = 9
_ROOM = 7.5  # points per letter, more than the letters take at the legend's size
_SWATCH = 'WIDTH="22" HEIGHT="14" FIXEDSIZE="TRUE"'
_PLAIN_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'


def legend(scale: NormScale, caption: str, special: Iterable[Style], keyword: bool) -> str:
    """Return the label: a colour bar with ticks, its caption, and what else needs explaining.

    Parameters
    ----------
    scale : NormScale
        The colours of the bar.
    caption : str
        What the colours stand for.
    special : iterable of Style
        Those styles of values outside the scale that occur in the picture.
    keyword : bool
        Whether a node is marked as the keyword.
    """
    entries = [_entry(_swatch(style), style.note or "") for style in special]
    if keyword:
        entries.insert(0, _entry(_double_border(), "keyword"))
    cells = f"<TD>{_bar(scale, caption)}</TD>"
    if entries:
        cells += f"<TD>{_PLAIN_TABLE}{''.join(entries)}</TABLE></TD>"
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="16"><TR>{cells}</TR></TABLE>>'


def _bar(scale: NormScale, caption: str) -> str:
    """Return the colour bar: each tick stands centred under the cell of its own colour.

    A tick's label spans as many columns as lie from one tick to the next, an odd number, and the
    bar is set in by half of that on both sides. Graphviz stretches columns, and tears the bar
    apart, where a row needs more room than they have, so they are made wide enough for the text.
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
    return f"{_PLAIN_TABLE}{''.join(f'<TR>{row}</TR>' for row in rows)}</TABLE>"


def _entry(swatch: str, note: str) -> str:
    return (
        f'<TR><TD CELLPADDING="3">{swatch}</TD>'
        f'<TD CELLPADDING="3" ALIGN="LEFT">{safe_html(note)}</TD></TR>'
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
