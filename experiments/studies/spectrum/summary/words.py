"""Numbers and verdicts as text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from experiments.sweep import wording

WIDTH = 110


def verdict(holds: bool) -> str:
    """Return whether a claim holds, in bold."""
    return f"**{wording.verdict(holds)}**"


def size(values: float | Sequence[float] | np.ndarray) -> str:
    """Return a number >= 0, or the median of several, so that its order of magnitude can be read."""
    value = float(np.median(values))
    if value == 0 or 1e-3 <= value < 1e4:
        return f"{value:#.2g}".rstrip(".") if value < 100 else f"{value:,.0f}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}e{int(exponent)}"


def wrapped(text: str) -> str:
    """Return Markdown with its paragraphs wrapped; headings and tables stay as they are."""
    blocks = (block.strip() for block in text.split("\n\n"))
    return "\n\n".join(
        block
        if block.startswith(("#", "|"))
        else textwrap.fill(" ".join(block.split()), WIDTH, break_on_hyphens=False)
        for block in blocks
    )
