"""Characters that no font here has: told once, by name, since they are drawn as empty boxes."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from viz.fonts import folders
from viz.measure import lacking

# "Last resort" fonts have an empty box for every character.
_FONT_FILE = re.compile(r"(?!LastResort).*\.(ttf|otf|ttc|otc|pfb)", re.IGNORECASE)
_NAMED = 5  # characters in a warning; more are counted
_told: set[str] = set()
_telling = threading.Lock()


class GlyphWarning(UserWarning):
    """A picture has characters that no font on this machine has."""


def tell_missing(dot: str) -> None:
    """Warn of those characters of a DOT text that no font has, once each.

    Warns
    -----
    GlyphWarning
    """
    with _telling:
        new = [letter for letter in lacking(dot) if letter not in _told and not _without_glyph(letter)]
        missing = _in_no_font(new)
        _told.update(new)
    if missing:
        names = [
            f"{letter} (U+{ord(letter):04X} {unicodedata.name(letter, 'unnamed')})" for letter in missing
        ]
        more = f" and {len(names) - _NAMED} more characters" if len(names) > _NAMED else ""
        one = len(names) == 1
        warnings.warn(
            f"no font on this machine has {', '.join(names[:_NAMED])}{more}: "
            f"{'it is' if one else 'they are'} drawn as {'a box' if one else 'boxes'} with "
            f"{'its number' if one else 'their numbers'}; a font that has {'it' if one else 'them'} helps, "
            "such as one of Noto's, in a folder of fonts or named by FONTCONFIG_FILE",
            GlyphWarning,
            stacklevel=2,
        )


def _without_glyph(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Zs", "Zl", "Zp")


def _in_no_font(letters: Iterable[str]) -> list[str]:
    wanted = {ord(letter): letter for letter in letters}
    for file in _font_files() if wanted else ():
        for code in wanted.keys() & _letters_of(file):
            del wanted[code]
        if not wanted:
            break
    return [wanted[code] for code in sorted(wanted)]


def _font_files() -> Iterator[Path]:
    for folder in (*folders(), *_folders_of_user()):
        for path, _, names in os.walk(folder):
            yield from (Path(path) / name for name in sorted(names) if _FONT_FILE.fullmatch(name))


def _folders_of_user() -> list[Path]:
    """Return the folders that the user's own configuration of fontconfig names, if it can be read."""
    try:
        text = Path(os.environ.get("FONTCONFIG_FILE", "")).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    return [Path(folder.strip()).expanduser() for folder in re.findall(r"<dir[^>]*>([^<]*)</dir>", text)]


@cache
def _letters_of(file: Path) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(file)).get_charmap())
    except (OSError, RuntimeError):  # no font, or one of a kind that FreeType does not read
        return frozenset()
