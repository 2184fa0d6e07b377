"""The style of a page: whether its text stands out from what is behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from viz.colour import contrast

LEAST = 4.5  # as WCAG 2.2 asks for (AA)


def style_of(page: str) -> str:
    """Return the style of a page."""
    return page[page.index("<style>") : page.index("</style>")]


def pairs(page: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each rule of the style that has a background or a colour of text, with both where it has them."""
    for rule in re.findall(r"\{([^{}]*)\}", style_of(page)):
        fill, ink = re.search(r"background: (#\w+)", rule), re.search(r"(?<!-)\bcolor: (#\w+)", rule)
        if fill or ink:
            yield rule, *(_wide(found[1]) if found else None for found in (ink, fill))


def assert_backgrounds_can_be_read(page: str) -> int:
    """Check the text on every background, black unless the rule says otherwise; return how many there are."""
    found = [(rule, ink, fill) for rule, ink, fill in pairs(page) if fill]
    for rule, ink, fill in found:
        assert contrast(ink or "#000000", fill) >= LEAST, rule
    return len(found)


def _wide(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
