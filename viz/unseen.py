"""Characters that have no width: shown by their numbers, where they are no part of another character."""

from __future__ import annotations

import re
import unicodedata

# What Unicode calls "default ignorable": programs that do not know such a character show nothing.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ZERO_WIDTH = re.compile(f"[{_IGNORABLE}]")
# They choose the form of the letter or picture before them; joiners need one after them, too.
_SELECTOR = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
_JOINERS = "\u200c\u200d"


def with_unseen(line: str) -> str:
    """Return the line with characters without width as ``⟨U+200B⟩``, and lone accents on a circle.

    Joiners and selectors after letters beyond ASCII are left alone: they belong to the spelling of Persian,
    of Hindi, of pictures.
    """
    if line.isascii():
        return line
    if not (_ZERO_WIDTH.search(line) or any(map(unicodedata.combining, line))):
        return line
    parts: list[str] = []
    base = ""  # the last character that has a width
    for k, letter in enumerate(line):
        if _ZERO_WIDTH.match(letter):
            joins = letter in _JOINERS and _is_letter(line[k + 1 : k + 2])
            if base not in ("", "⟩") and not base.isascii() and (joins or _SELECTOR.match(letter)):
                parts.append(letter)
                continue
            parts.append(by_number(letter))
            base = ""
        elif unicodedata.category(letter) in ("Mn", "Me"):
            if not base or base.isspace():
                parts.append("◌")
                base = "◌"
            parts.append(letter)
        else:
            parts.append(letter)
            base = letter
    return "".join(parts)


def by_number(letter: str) -> str:
    """Return what stands for a character that cannot be seen, as ``⟨U+200B⟩``."""
    return f"⟨U+{ord(letter):04X}⟩"


def _is_letter(after: str) -> bool:
    return bool(after) and not after.isascii() and not _ZERO_WIDTH.match(after)
