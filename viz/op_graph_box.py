"""A box of an op graph: a value, or the results of a scope, or an op with the leaf tensors that it reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from minigrad.outline import Box, Item
from minigrad.record import value_lines
from viz.colour import WHITE
from viz.measure import text_width
from viz.style import Style
from viz.text import safe_html, safe_label, short_number

UNRECORDED = Style(WHITE, border="#a0a0a0", note="no gradient recorded")

_ROWS = 6  # of a box of leaf tensors, before it becomes wider
_TABLE = '<TABLE BORDER="{border}" COLOR="#404040" CELLBORDER="0" CELLSPACING="{space}" CELLPADDING="0">'


def box_attributes(box: Box, styles: Mapping[Item, Style], values: bool) -> dict[str, str]:
    """Return the DOT attributes of a box.

    Parameters
    ----------
    box : Box
    styles : mapping from the outline's items to their looks
    values : bool
        Print kept values, where there are any.
    """
    tooltip = safe_label(*_tooltip(box))
    if box.kind == "hidden":
        return {"label": safe_label(box.title), "shape": "box", "style": "dashed", "tooltip": tooltip}
    if box.kind in ("op", "leaf") and not box.inside:
        return {**_plain_box(box, styles[box.items[0]], values), "tooltip": tooltip}
    if box.kind == "op":
        sizes = [10, *(9 for _ in box.inside)]
        items = zip((*box.items, *box.inside), sizes, strict=True)
        rows = [_row([_cell(_lines(item, values), styles[item], size)]) for item, size in items]
    elif box.kind == "scope":
        rows = [_row([cell]) for cell in _cells(box.items, styles, values)]
        rows.insert(0, _row([_text(box.title, f"{len(box.ids)} ops")]))
    else:
        cells = _cells(box.items, styles, values)
        width = math.ceil(len(cells) / _ROWS)
        rows = [_row(cells[k : k + width]) for k in range(0, len(cells), width)]
        rows.insert(0, _row([_text(box.title)], width))
    if box.more:
        rows.append(_row([_text(f"{box.more} more")]))
    table = _TABLE.format(border=0, space=0) if box.kind == "op" else _TABLE.format(border=1, space=2)
    label = f"<{table}{''.join(rows)}</TABLE>>"
    attributes = {"label": label, "margin": "0", "shape": "plain", "tooltip": tooltip}
    return {**attributes, "ordering": "out"} if box.kind == "scope" else attributes  # left stays left


def least_width(box: Box) -> float:
    """Return the width in points that a box needs for the text of its values, one below the other."""
    lines = [line for item in (*box.items, *box.inside) for line in _lines(item, values=False)]
    return max(text_width(line, 9) for line in [box.title, *lines]) + 8


def _plain_box(box: Box, style: Style, values: bool) -> dict[str, str]:
    return {
        "color": style.border,
        "fillcolor": style.fill,
        "fontcolor": style.font,
        "label": safe_label(*_lines(box.items[0], values)),
        "penwidth": f"{style.width:g}",
        "shape": "box",
        "style": f"filled,{style.line}" + (",rounded" if box.kind == "leaf" else ""),
    }


def _lines(item: Item, values: bool) -> list[str]:
    norm = "" if item.norm is None else f"  {short_number(item.norm)}"
    return [item.title, f"{item.shape}{norm}", *_values(item, values)]


def _values(item: Item, values: bool) -> list[str]:
    if not values or item.value is None:
        return []
    return value_lines(item.value, lambda number: f"{number:.3g}")


def _tooltip(box: Box) -> list[str]:
    lines = [box.title] if box.kind in ("scope", "leaves", "hidden") else []
    for item in (*box.items, *box.inside):
        norm = "no gradient recorded" if item.norm is None else f"norm {item.norm!r}"
        lines.append(f"{item.title} {item.shape}: {norm}")
        if item.formula:
            lines.append(f"vjp: {item.formula}" + (" (freed)" if item.freed else ""))
    return lines


def _cells(items: Sequence[Item], styles: Mapping[Item, Style], values: bool) -> list[str]:
    """Return a cell per item: all but the values on one line."""
    cells = []
    for item in items:
        name, shape, *rest = _lines(item, values)
        cells.append(_cell([f"{name} {shape}", *rest], styles[item], 9))
    return cells


def _cell(lines: Sequence[str], style: Style, size: int) -> str:
    """Return a cell with the border that its style asks for."""
    text = "<BR/>".join(map(safe_html, lines))
    return (
        f'<TD><TABLE BORDER="{style.width:g}" COLOR="{style.border}" STYLE="{style.line}" '
        f'BGCOLOR="{style.fill}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR><TD>'
        f'<FONT COLOR="{style.font}" POINT-SIZE="{size}">{text}</FONT></TD></TR></TABLE></TD>'
    )


def _text(*lines: str) -> str:
    text = "<BR/>".join(map(safe_html, lines))
    return f'<TD CELLPADDING="2"><FONT POINT-SIZE="9">{text}</FONT></TD>'


def _row(cells: Sequence[str], width: int = 1) -> str:
    row = f"<TR>{''.join(cells)}</TR>"
    return row.replace("<TD", f'<TD COLSPAN="{width}"', 1) if width > 1 else row
