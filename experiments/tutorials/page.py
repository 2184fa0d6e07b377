"""A page of text with examples in Python: what each of them prints, and the cells of its notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_ANSWER = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """An example of a page.

    Attributes
    ----------
    code : str
    output : str
        What it prints: the block ``text`` that follows, or the comments behind its calls of `print`.
    start, end : int
        Its place in the page, output included.
    """

    code: str
    output: str
    start: int
    end: int


def examples(text: str) -> list[Example]:
    """Return the examples of a page, in their order."""
    found = []
    for match in _EXAMPLE.finditer(text):
        code, output = match.groups()
        if output is None:
            output = "".join(f"{answer}\n" for answer in _ANSWER.findall(code))
        found.append(Example(code, output, *match.span()))
    return found


def cells(text: str) -> list[tuple[str, str]]:
    """Return the cells of a page's notebook, each as "markdown" or "code" and its source.

    Printed blocks are left out: they are what the cells print.
    """
    found, place = [], 0
    for example in examples(text):
        found += [("markdown", text[place : example.start]), ("code", example.code)]
        place = example.end
    found.append(("markdown", text[place:]))
    return [(kind, source.strip("\n")) for kind, source in found if source.strip()]


def lines(text: str) -> list[str]:
    """Return a text's lines as they are compared, without blanks at their ends."""
    return [line.rstrip() for line in text.splitlines()]


def tutorials() -> list[Path]:
    """Return the tutorials' pages, in their order."""
    return sorted(HERE.glob("[0-9][0-9]-*.md"))
