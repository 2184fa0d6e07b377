"""The same font on every machine: DejaVu Sans, from matplotlib's own folder.

The layout engine finds fonts through fontconfig. A bare machine has neither fonts nor a
configuration for it, and every letter would be drawn as an empty box; elsewhere pictures would
depend on what is installed. So fontconfig reads a configuration of ours, which names
matplotlib's fonts first and the system's after them, for letters that DejaVu Sans lacks.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

FONT = "DejaVu Sans,sans-serif"  # a reader of the SVG without DejaVu gets its own sans-serif

_VARIABLE = "FONTCONFIG_FILE"
_WINDOWS = "WINDOWSFONTDIR"  # fontconfig knows what it stands for
_SYSTEM = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", _WINDOWS)


@contextmanager
def findable() -> Iterator[None]:
    """Make fonts available to what is rendered inside the block.

    A configuration that the user has named in ``FONTCONFIG_FILE`` is read as well. The variable
    is restored afterwards, so that other libraries in the process see what they saw before.
    """
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(_configuration(before))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before


def folders() -> list[Path]:
    """Return the folders in which fonts are looked for, matplotlib's first."""
    from matplotlib import get_data_path

    windows = os.environ.get("WINDIR")
    own = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fonts"
    system = [Path(folder).expanduser() for folder in _SYSTEM if folder != _WINDOWS]
    return [
        Path(get_data_path()) / "fonts" / "ttf",
        *system,
        own,
        *([Path(windows) / "Fonts"] if windows else []),
    ]


@cache
def _configuration(users: str | None) -> Path:
    """Return the file of our configuration; it is deleted when the process ends."""
    from matplotlib import get_data_path

    ours = Path(get_data_path()) / "fonts" / "ttf"
    lines = [f"<dir>{escape(str(folder))}</dir>" for folder in (ours, *_SYSTEM)]
    lines.append('<dir prefix="xdg">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir>')
    if users is not None:
        lines.append(f'<include ignore_missing="yes">{escape(users)}</include>')
    text = "\n".join(('<!DOCTYPE fontconfig SYSTEM "fonts.dtd">', "<fontconfig>", *lines, "</fontconfig>\n"))
    folder = Path(tempfile.mkdtemp(prefix="minigrad-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "fonts.conf"
    file.write_text(text, encoding="utf-8")
    return file
