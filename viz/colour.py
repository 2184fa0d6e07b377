"""Contrast between a fill and the text on it, as WCAG 2.2 defines it."""

WHITE = "#ffffff"
BLACK = "#000000"


def relative_luminance(colour: str) -> float:
    """Return the WCAG relative luminance of ``#rrggbb``: 0 for black, 1 for white.

    Raises
    ------
    ValueError
        The colour is not written as ``#rrggbb``.
    """
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"a colour is written #rrggbb, not {colour!r}")
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours: 1 when equal, 21 for black on white."""
    low, high = sorted((relative_luminance(one), relative_luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_colour(fill: str) -> str:
    """Return black or white, whichever reads better on ``fill``.

    The better of the two never falls below 4.58, so text always meets level AA (4.5).
    """
    return max(BLACK, WHITE, key=lambda text: contrast(fill, text))


def _linear(channel: float) -> float:
    """Undo the sRGB transfer curve of one channel in 0..1."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
