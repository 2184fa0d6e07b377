"""Numbers, tables and verdicts as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 110


def verdict(holds: bool) -> str:
    """Return how a claim is decided."""
    return "**holds**" if holds else "**does not hold**"


def size(value: float) -> str:
    """Return a number >= 0 of which the order of magnitude is what counts."""
    if value == 0 or 1e-3 <= value < 1e4:
        return f"{value:#.2g}".rstrip(".") if value < 100 else f"{value:,.0f}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}e{int(exponent)}"


def span(found: Sequence[float], form: str = "{:.0f}") -> str:
    """Return the median and, where they differ, the range of some numbers."""
    ordered = sorted(found)
    n = len(ordered)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    low, mid, high = (form.format(value) for value in (ordered[0], middle, ordered[-1]))
    return mid if low == high else f"{mid} ({low} to {high})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, all columns but the first to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def wrapped(text: str) -> str:
    """Return Markdown whose paragraphs are broken anew; headings and tables stay as they are."""
    blocks = (block.strip() for block in text.split("\n\n"))
    return "\n\n".join(
        block
        if block.startswith(("#", "|"))
        else textwrap.fill(" ".join(block.split()), WIDTH, break_on_hyphens=False)
        for block in blocks
    )
