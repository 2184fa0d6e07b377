"""For messages: the line and column of a character, and its line with a caret below it."""

from __future__ import annotations

import unicodedata

from models.notation import BLANKS


def place(text: str, start: int, first_line: int = 1) -> tuple[int, int]:
    """Line and column of the character `start`, both counted from 1 (or lines from `first_line`)."""
    return first_line + text.count("\n", 0, start), start - text.rfind("\n", 0, start)


def line_at(text: str, start: int) -> tuple[str, int]:
    """The line of the character `start`, and the index at which that line begins."""
    first, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    return text[first : end if end >= 0 else None].rstrip("\r"), first


def excerpt(text: str, start: int, width: int = 70) -> str:
    """The line of the character `start`, cut to about `width`, and a caret below; "" if it is blank."""
    line, first = line_at(text, start)
    if not line.strip(BLANKS):
        return ""
    line += " "  # a fault may be just after the end
    at = start - first
    left = max(0, min(at - width // 2, len(line) - width))
    cut = line[left : left + width].replace("\t", " ")
    cut = "".join(c if c.isprintable() else "·" for c in cut)
    head, tail = "…" * (left > 0), "…" * (left + width < len(line))
    before = head + cut[: at - left]
    return f"  {head}{cut.rstrip()}{tail}\n  {' ' * sum(map(_columns, before))}^"


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
