"""A figure on the page of a journal: its widths, its letters, its file."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viz.files import suffix_of, write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE, COLUMN = 7.0, 3.3  # inches: the text width, and one of two columns
STYLE: dict[Any, Any] = {
    "axes.labelsize": 9,
    "axes.titlesize": 10,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "lines.linewidth": 1.3,
    "lines.markersize": 5,
    "pdf.fonttype": 42,  # journals refuse Type 3
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "svg.hashsalt": "minigrad",  # the same names inside the file every time
}
SMALL: dict[Any, Any] = STYLE | {
    "axes.labelsize": 8,
    "axes.linewidth": 0.7,
    "axes.titlesize": 8,
    "font.size": 7,
    "lines.linewidth": 1.1,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
}
# Wong's colours: told apart without colour vision, and by their darkness.
RED, BLUE, BLACK, GREY, GRID = "#d55e00", "#0072b2", "#000000", "#808080", "#d9d9d9"

_UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": None}


def caption(figure: Figure, text: str) -> None:
    """Write a grey line under a figure, broken where it is too long: whose numbers it shows, for instance."""
    wrapped = textwrap.fill(text, int(19 * figure.get_figwidth()), break_long_words=False)
    figure.supxlabel(wrapped, fontsize=7, color=GREY)


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as ``.svg``, ``.png`` or ``.pdf``, by the path's suffix; return the path.

    The same figure gives the same bytes: no date is written into the file.

    Raises
    ------
    ValueError
        The suffix is none of these.
    OSError
        The file cannot be written; nothing is left behind.
    """
    from matplotlib import rc_context

    suffix = suffix_of(path, ("svg", "png", "pdf"))
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format=suffix, metadata=_UNDATED[suffix])
    return write_atomic(path, buffer.getvalue())
