"""Words and numbers as they are printed in a picture."""

import html
import math

from graphviz import nohtml

from viz.unseen import by_number, with_unseen

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# XML 1.0 cannot contain these, and a NUL would end the string inside Graphviz.
_VISIBLE: dict[int, int | str] = {code: by_number(chr(code)) for code in range(0x20)}
_VISIBLE |= dict.fromkeys([*range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)


def visible(line: str) -> str:
    """Return the line with visible stand-ins for control characters, and for those that have no width."""
    return with_unseen(line.translate(_VISIBLE))


def safe_label(*lines: str) -> str:
    r"""Return the lines as one DOT label that shows exactly these characters.

    Graphviz would otherwise read ``\N`` as the node's name, ``&lt;`` as a smaller-than sign and
    ``<b>`` as markup. What an SVG file cannot contain is replaced: control characters by their
    numbers, the rest by U+FFFD.
    """
    escaped = (visible(line).replace("&", "&amp;") for line in lines)
    label: str = nohtml(r"\n".join(line.replace("\\", "\\\\") for line in escaped))
    return label


def safe_html(line: str) -> str:
    """Return the line for use inside a DOT HTML-like label; see `safe_label`."""
    return html.escape(visible(line)).replace("\\", "\\\\")


def short_number(value: float) -> str:
    """Return the number with three significant digits: ``0.0123``, ``3.10×10⁻⁵``, ``nan``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}".replace("inf", "∞")
    mantissa, exponent = f"{value:.2e}".split("e")
    power = int(exponent)
    if -3 <= power <= 2:
        return f"{float(f'{mantissa}e{power}'):.{2 - power}f}"
    return f"{mantissa}×10{str(power).translate(_SUPERSCRIPT)}"


def signed_tick(value: float) -> str:
    """Return the number for an axis that has both signs, as `tick_number` does, with a minus sign."""
    return f"−{tick_number(-value)}" if value < 0 else tick_number(abs(value))


def tick_number(value: float) -> str:
    """Return the number for an axis, as short as possible: ``0.05``, ``10⁻⁶``, ``2×10⁻⁶``, ``3.16×10⁻⁶``."""
    mantissa, exponent = f"{value:.2e}".split("e")
    digits, power = f"{float(mantissa):g}", int(exponent)
    if -2 <= power <= 2:
        return f"{float(f'{mantissa}e{power}'):g}"
    ten = f"10{str(power).translate(_SUPERSCRIPT)}"
    return ten if digits == "1" else f"{digits}×{ten}"
