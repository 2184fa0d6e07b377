"""Splits a treebank into blocks of lines, so that a fault costs its own block and no other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from models.notation import BLANKS

END = "the end of the text"


class Block(NamedTuple):
    """Some lines of a treebank.

    Attributes
    ----------
    text : str
    line : int
        The number of the first line, counted from 1.
    end : str
        What follows the block, for the message about a bracket that is still open there.
    """

    text: str
    line: int = 1
    end: str = END


def indented(lines: Iterator[str]) -> Iterator[Block]:
    """Blocks in which every line but the first is indented further than the first, or begins with ``)``.

    A line that does not begin with a bracket where a block may begin is a block of its own.
    """
    block: list[str] = []
    indent, first = 0, 1
    inside_word = False  # a word continues after an escaped line break
    for number, line in enumerate(lines, 1):
        start = line.lstrip(BLANKS)
        here = len(line) - len(start)
        if not inside_word and start and (not block or (here <= indent and start[0] != ")")):
            if block:
                what = "begins another tree" if start[0] == "(" else "belongs to no tree"
                end = f"line {number}, which {what} (layout='paragraphs' if it is part of this one)"
                yield Block("".join(block), first, end)
                block = []
            indent, first = here if start[0] == "(" else sys.maxsize, number
        if start or block:
            block.append(line)
            inside_word = _breaks_word(line)
    if block:
        yield Block("".join(block), first)


def paragraphs(lines: Iterator[str]) -> Iterator[Block]:
    """Blocks between blank lines."""
    block: list[str] = []
    first, inside_word = 1, False
    for number, line in enumerate(lines, 1):
        if inside_word or line.strip(BLANKS):
            if not block:
                first = number
            block.append(line)
            inside_word = _breaks_word(line)
        elif block:
            yield Block("".join(block), first, f"line {number}, which is blank")
            block = []
    if block:
        yield Block("".join(block), first)


def _breaks_word(line: str) -> bool:
    """Whether the line break at the end is escaped."""
    if not line.endswith("\\\n"):
        return False
    word = line[:-1]
    return (len(word) - len(word.rstrip("\\"))) % 2 == 1


LAYOUTS = {"indented": indented, "paragraphs": paragraphs}
