"""A figure on the page of a journal: its width, fonts, colours, legend and file."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from viz.files import suffix_of, write_atomic

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

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
# Each with a dash and a marker of its own: never the colour alone. Yellow is left out: too light for a line.
LOOKS: tuple[tuple[str, Any, str], ...] = (
    (RED, "-", "o"),
    (BLUE, "--", "s"),
    ("#009e73", "-.", "^"),
    ("#cc79a7", (0, (1, 1)), "D"),
    ("#56b4e9", (0, (5, 1)), "v"),
    ("#e69f00", (0, (3, 1, 1, 1)), "P"),
    (BLACK, (0, (1, 2)), "X"),
    ("#7f3c8d", (0, (5, 2, 1, 2)), "<"),
    ("#808000", (0, (8, 2)), ">"),
    ("#8c564b", (0, (2, 1)), "*"),
)

_UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": None}


def caption(figure: Figure, text: str) -> None:
    """Write a grey line under a figure, wrapped if it is too long: whose numbers it shows, for instance."""
    wrapped = textwrap.fill(text, int(19 * figure.get_figwidth()), break_long_words=False)
    figure.supxlabel(wrapped, fontsize=7, color=GREY)


@contextmanager
def new_figure(width: float, height: float, style: Mapping[Any, Any] = SMALL) -> Iterator[Figure]:
    """Give an empty figure of this size in inches, with a style for all that is drawn inside the block."""
    from matplotlib import rc_context

    from viz.notebook_figure import NotebookFigure

    with rc_context({**style}):
        yield NotebookFigure(figsize=(width, height), layout="constrained")


def add_grid(axes: Axes, axis: Literal["both", "x", "y"] = "both") -> None:
    """Draw the grid, behind everything else."""
    axes.grid(axis=axis, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)


def note(axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **options: Any) -> None:
    """Write a small grey note, so many points from a place; `options`: of `Axes.annotate`."""
    axes.annotate(text, at, xytext=offset, textcoords="offset points", fontsize=6, color=GREY, **options)


def sample(label: str, colour: str, **look: Any) -> Line2D:
    """Return an entry of a legend: a line or a marker; `look`: of `Line2D`."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, color=colour, **look)


def legend_above(figure: Figure, entries: Sequence[Artist], columns: int, **options: Any) -> None:
    """Draw the figure's legend above all panels."""
    figure.legend(handles=entries, loc="outside upper center", ncols=columns, frameon=False, **options)


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
    return write_atomic(path, image(figure, suffix_of(path, ("svg", "png", "pdf"))))


def image(figure: Figure, format: str) -> bytes:
    """Return the figure's file: svg, png or pdf, without a date."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format=format, metadata=_UNDATED[format])
    return buffer.getvalue()
