"""The legend of a picture, as an HTML-like DOT label: what borders mean, and what colours mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from viz.measure import text_width, wrapped
from viz.scale import Scale
from viz.style import Style
from viz.text import safe_html, tick_number, visible

CELLS = 49  # of the colour bar: one more than a number with many divisors
_WIDEST, _LEAST_CAPTION = 343.0, 270.0  # points: of the bar; of the caption before it is broken into lines
_SIZE, _APART = 10, 4.5  # points: of letters; between the labels of two ticks
_HEIGHT, _TICKS = 14, 17  # points: of the bar; of the row of ticks below it
# Without a fixed size it would be stretched to the width of the bar.
_SWATCH = 'WIDTH="34" HEIGHT="20" FIXEDSIZE="TRUE"'
_PER_ROW, _ENTRY = 3, 150  # entries of the key, at most, and points for each


def legend(scale: Scale, caption: str, special: Iterable[Style], keyword: bool, width: float) -> str:
    """Return the label: a key of the borders that occur, and under it the colour bar and the caption.

    Parameters
    ----------
    scale : Scale
    caption : str
        What the numbers are, line by line; long lines are broken.
    special : iterable of Style
        Those styles of values without a colour that occur in the picture.
    keyword : bool
        Whether a node is marked as the keyword.
    width : float
        Of the picture, in points. The bar is no wider, where the labels of its ends leave the choice.
    """
    tables = [table for table in (key(special, keyword, width), colour_bar(scale, width)) if table]
    rows = "".join(f'<TR><TD CELLPADDING="4">{table}</TD></TR>' for table in tables)
    room = max(width, _LEAST_CAPTION)
    lines = [part for line in caption.split("\n") for part in wrapped(visible(line), room, _SIZE)]
    rows += "".join(f'<TR><TD CELLPADDING="1">{safe_html(line)}</TD></TR>' for line in lines)
    return f"<{_table(rows)}>"


def key(special: Iterable[Style], keyword: bool, width: float = math.inf) -> str:
    """Return the table that explains borders, for a width; empty where there is nothing to explain.

    Parameters
    ----------
    special : iterable of Style
        Those styles of values without a colour that occur in the picture.
    keyword : bool
        Whether a node is marked as the keyword.
    width : float
        Of the picture, in points.
    """
    entries = [_entry(_swatch(style), style.note or "") for style in special]
    if keyword:
        entries.insert(0, _entry(_double_border(), "keyword"))
    if not entries:
        return ""
    in_row = max(1, int(min(_PER_ROW, len(entries), width / _ENTRY)))
    rows = ["".join(entries[i : i + in_row]) for i in range(0, len(entries), in_row)]
    size = f'WIDTH="{_ENTRY * in_row}" HEIGHT="{28 * len(rows)}" FIXEDSIZE="TRUE"'
    return _table("".join(f"<TR>{row}</TR>" for row in rows), f" {size}")


def colour_bar(scale: Scale, width: float = math.inf) -> str:
    """Return the table that explains colours: a bar with ticks, in a picture of some width in points.

    Each tick is centred under the cell of its own colour: its label spans as many columns to the left as to
    the right, and the bar is inset by as much on both sides. Where a row needs more width than its columns
    have, Graphviz stretches them and tears the bar apart; so ticks are left out until the others have room.
    """
    ticks = scale.ticks()
    needed = max(text_width(tick_number(tick), _SIZE) for tick in ticks) + _APART
    cell = max(1, int((min(width - needed, _WIDEST)) / CELLS))
    for kept in _choices(ticks):
        if _span(scale, kept) * cell >= needed:
            break
    else:
        cell = math.ceil(needed / _span(scale, kept))
    half = math.ceil((needed / cell - 1) / 2)  # columns on both sides of a label's middle one
    columns = CELLS + 2 * half
    spacer = f'<TD WIDTH="{cell}" HEIGHT="1" FIXEDSIZE="TRUE"></TD>' * columns  # keeps columns equally wide
    margin = f'<TD COLSPAN="{half}"></TD>' if half else ""
    colours = [scale.style(scale.at(i / (CELLS - 1))).fill for i in range(CELLS)]
    rows = (
        spacer,
        f'{margin}<TD COLSPAN="{CELLS}">{_bar(colours, cell)}</TD>{margin}',
        _tick_row(_places(scale, kept), [tick_number(tick) for tick in kept], half),
    )
    size = f' WIDTH="{columns * cell}" HEIGHT="{1 + _HEIGHT + _TICKS}" FIXEDSIZE="TRUE"'
    return _table("".join(f"<TR>{row}</TR>" for row in rows), size)


def _choices(ticks: Sequence[float]) -> Iterator[list[float]]:
    """Yield ever fewer of the ticks: first without every second inner one, at last the two ends alone.

    A tick at 1 is kept as long as any inner one: it is the middle of a scale of ratios.
    """
    low, *inner, high = ticks
    start = inner.index(1.0) if 1.0 in inner else len(inner) // 2
    for step in range(1, len(inner) + 1):
        yield [low, *inner[start % step :: step], high]
    yield [low, high]


def _places(scale: Scale, ticks: Sequence[float]) -> list[int]:
    return [round(scale.position(tick) * (CELLS - 1)) for tick in ticks]


def _span(scale: Scale, ticks: Sequence[float]) -> int:
    """Return how many columns the labels of all these ticks can have without touching."""
    half = (min(b - a for a, b in pairwise(_places(scale, ticks))) - 1) // 2
    return 2 * half + 1


def _bar(colours: list[str], width: int) -> str:
    """Return cells of these colours, each painted over the one before.

    Cells side by side would let the page shine through between them.
    """
    rest = ""
    for colour in reversed(colours):
        cell = f'<TD WIDTH="{width}" HEIGHT="{_HEIGHT}" FIXEDSIZE="TRUE"></TD>'
        row = f"<TR>{cell}<TD>{rest}</TD></TR>" if rest else f"<TR>{cell}</TR>"
        rest = _table(row, f' BGCOLOR="{colour}"')
    return rest


def _tick_row(places: list[int], labels: list[str], half: int) -> str:
    cells, end = [], 0
    for place, label in zip(places, labels, strict=True):  # a label starts at its cell's column, less half
        if place > end:
            cells.append(f'<TD COLSPAN="{place - end}"></TD>')
        cells.append(f'<TD COLSPAN="{2 * half + 1}" HEIGHT="{_TICKS}">{label}</TD>')
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
