"""A text in lines of a width, each of its units (a character, a word) with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from viz.text import visible

NEWLINE = "↵"  # a line break is a character too, with a number of its own
TAB = "⇥"


class Unit(NamedTuple):
    """A character, or a word.

    Attributes
    ----------
    number : int
        Which one of the text.
    text : str
        What is drawn: of one line, with stand-ins for characters that have no shape.
    column : int
        Where it begins, in characters from the left.
    """

    number: int
    text: str
    column: int


def lines_of(text: str | Sequence[str], columns: int) -> list[list[Unit]]:
    """Return the lines of a text.

    Parameters
    ----------
    text : str or sequence of str
        A string is broken after its line breaks, which are shown, and where a line is full. The words of a
        sequence stand apart by a blank, and a word goes to the next line as a whole; one that ends in a line
        break, which is not shown, is the last of its line.
    columns : int
        Characters in a line. A longer word has its own line, which is longer.
    """
    lines: list[list[Unit]] = [[]]
    words = not isinstance(text, str)
    column, gap = 0, int(words)
    for number, unit in enumerate(text):
        breaks = unit.endswith("\n") if words else unit == "\n"
        shown = _shown(unit.rstrip("\r\n") if words and breaks and unit.strip("\r\n") else unit)
        before = gap if lines[-1] else 0
        if lines[-1] and column + before + len(shown) > columns:
            lines.append([])
            column = before = 0
        lines[-1].append(Unit(number, shown, column + before))
        column += before + len(shown)
        if breaks:
            lines.append([])
            column = 0
    return lines if lines[-1] or len(lines) == 1 else lines[:-1]


def _shown(unit: str) -> str:
    return visible(unit.replace("\r\n", "\n").replace("\n", NEWLINE).replace("\t", TAB))
