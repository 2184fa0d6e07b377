r"""The bracket notation of treebanks below the level of trees: tokens, and how a word is escaped.

A text is made of ``(``, ``)``, words and blanks. Blanks are the six ASCII ones only: the Stanford
Sentiment Treebank has words such as ``2\xa01\/2`` with a no-break space inside. A backslash before
a bracket, a blank or a backslash makes that character part of the word; before anything else (the
Penn Treebank writes ``\/`` and ``\*``) it is an ordinary character. ``-LRB-`` and its kin are
ordinary words too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

BLANKS = " \t\n\r\f\v"

_TOKEN = re.compile(rf"\n|[()]|(?:\\.?|[^()\\{BLANKS}])+", re.DOTALL)
_ESCAPE = re.compile(rf"\\([()\\{BLANKS}])")
_TO_ESCAPE = re.compile(rf"[(){BLANKS}]|\\(?=[()\\{BLANKS}]|\Z)")


class Token(NamedTuple):
    """A bracket, a word as written (still escaped), or the end of the text (``text == ""``)."""

    text: str
    line: int
    column: int

    def __str__(self) -> str:
        if not self.text:
            return "the end of the text"
        if self.text in "()":
            return f"'{self.text}'"
        return f"the word '{shorten(self.text)}'"


def tokens(text: str) -> Iterator[Token]:
    """Cut `text` into tokens, lazily; the last one is the end of the text, behind the last word."""
    line, line_start, end = 1, 0, Token("", 1, 1)
    for match in _TOKEN.finditer(text):
        found, start = match[0], match.start()
        if found != "\n":
            yield Token(found, line, start - line_start + 1)
        if "\n" in found:  # a line break, or an escaped one inside a word
            line += found.count("\n")
            line_start = start + found.rindex("\n") + 1
        if found != "\n":
            end = Token("", line, match.end() - line_start + 1)
    yield end


def escape(word: str) -> str:
    """Write a word so that `unescape` gives it back; backslashes are doubled only where needed."""
    return _TO_ESCAPE.sub(r"\\\g<0>", word)


def unescape(text: str) -> str:
    """The word that `text` stands for."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def shorten(text: str, width: int = 30) -> str:
    """`text`, cut to `width` characters, unprintable ones replaced: for messages of one line."""
    text = "".join(c if c.isprintable() else "·" for c in text[: width + 1])
    return text if len(text) <= width else text[: width - 1] + "…"
