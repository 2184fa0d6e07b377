"""Pictures of a width that is asked for: that of a journal's column, for instance."""

from __future__ import annotations

import re

from viz.render import svg_size

LETTERS = 10.0  # points, at a picture's natural size
_PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.0}
_WIDEST = 200.0  # inches: what readers of PDF files can show
_NUMBER = re.compile(r"([0-9]*\.?[0-9]+)\s*([a-z]*)")


def inches(width: str | float) -> float:
    """Return a width in inches: a number of them, or a text as ``3.3in``, ``8.4cm``, ``84mm``, ``240pt``.

    Raises
    ------
    ValueError
        It is no such width, or not one between 0 and 200 inches.
    """
    number, unit = width, "in"
    if isinstance(width, str):
        found = _NUMBER.fullmatch(width.strip().lower())
        if found is None or (unit := found[2] or "in") not in _PER_INCH:
            raise ValueError(f"a picture's width is a number with in, cm, mm or pt, as 3.3in, not {width!r}")
        number = found[1]
    value = float(number) / _PER_INCH[unit]
    if not 0 < value <= _WIDEST:
        raise ValueError(f"a picture is more than 0 and at most {_WIDEST:g} inches wide, not {width}")
    return value


def sized(dot: str, width: str | float | None) -> str:
    """Return the DOT text of a graph, scaled to a width; None leaves it as it is."""
    if width is None:
        return dot
    end = dot.rindex("}")
    return f'{dot[:end]}\tsize="{inches(width):.6g},{100 * _WIDEST:g}!"\n{dot[end:]}'


def letter_size(svg: str, width: str | float) -> float:
    """Return the size in points that the letters of a picture have at a width, given its SVG at its own."""
    return LETTERS * 72 * inches(width) / svg_size(svg)[0]
