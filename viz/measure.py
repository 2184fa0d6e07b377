"""How wide a text is in the pictures' font, without a layout engine."""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

_PIXEL = 0.75  # points; the layout engine rounds every letter's width to its pixels
_WIDE, _OTHER = 1.0, 0.75  # em: letters that the font lacks, which come from another one
_LINE = 1.275  # of the font's size: from line to line


def text_width(line: str, size: float) -> float:
    """Return the width of a line in points, in letters of a size in points.

    It is no less than either the sum of the letters' widths, which other programs use, or `engine_width`.
    """
    return max(math.fsum(size * _em(letter) for letter in line), engine_width(line, size))


def engine_width(line: str, size: float) -> float:
    """Return the width of a line as the layout engine has it, which rounds that of every letter."""
    return sum(_PIXEL * round(size * _em(letter) / _PIXEL) for letter in line)


def text_height(lines: int, size: float) -> float:
    """Return the height of some lines in points."""
    return _LINE * size * lines


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return the text in lines of a width in points, broken at blanks; a longer word has its own line."""
    lines: list[str] = []
    room = -1.0
    blank = text_width(" ", size)
    for word in text.split(" "):
        needed = text_width(word, size)
        if lines and needed + blank <= room:
            lines[-1] += f" {word}"
            room -= needed + blank
        else:
            lines.append(word)
            room = width - needed
    return lines


def lacking(text: str) -> list[str]:
    """Return the characters of a text that the font lacks, in order of their numbers."""
    return [] if text.isascii() else sorted(letter for letter in set(text) if ord(letter) not in _letters())


@cache
def _em(letter: str) -> float:
    """Return a letter's width as a share of the font's size."""
    if ord(letter) in _letters():
        return _font().load_char(ord(letter)).linearHoriAdvance / 65536 / _SIZE
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _OTHER


_SIZE = 100  # points, at which the font is asked


@cache
def _font() -> FT2Font:
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    font.set_size(_SIZE, 72)
    return font


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font().get_charmap())
