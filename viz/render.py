"""Renders DOT text to the bytes of an image, with or without an installed Graphviz.

pygraphviz 2 carries the layout engine in its wheel and draws inside this process. Where it cannot
be imported, the program ``dot`` does the same.
"""

import re
import subprocess
import threading
from collections.abc import Callable

import graphviz

from viz.fonts import findable
from viz.glyphs import tell_missing
from viz.messages import engine_messages
from viz.svg_text import centred

FORMATS = ("svg", "png", "pdf")

PNG_DPI = 200  # three pixels to a point, nearly: sharp in print at half the natural size
LONGEST_SIDE = 8000  # pixels; cairo's limit is 32,767, which takes it 15 seconds

# Graphviz keeps its state in globals, and fonts are found through an environment variable.
_one_at_a_time = threading.Lock()


class RenderError(RuntimeError):
    """A picture could not be laid out or drawn."""


def render(dot: str, format: str) -> bytes:
    """Return the image of a graph in DOT text.

    Parameters
    ----------
    dot : str
        The graph; a ``dpi`` in it is overridden for a PNG.
    format : str
        One of ``svg``, ``png``, ``pdf``.

    Raises
    ------
    ValueError
        The format is none of these.
    RenderError
        There is neither pygraphviz nor a ``dot`` program, or the text is no graph.

    Warns
    -----
    GlyphWarning
        No font has some of the characters; every one is told once.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; possible are {', '.join(FORMATS)}")
    tell_missing(dot)
    with _one_at_a_time, findable():
        engine = _engine()
        if format == "png":
            dot = _with_dpi(dot, _png_dpi(engine(dot, "svg").decode()))
        image = engine(dot, format)
    if format == "svg":
        return centred(image.decode()).encode()
    return _undated(image) if format == "pdf" else image


def _engine() -> Callable[[str, str], bytes]:
    try:
        import pygraphviz  # noqa: F401
    except ImportError:
        return _by_program
    return _in_process


def _in_process(dot: str, format: str) -> bytes:
    import pygraphviz

    try:
        with engine_messages() as said:
            image: bytes = pygraphviz.AGraph(string=dot).draw(format=format, prog="dot")
    except (pygraphviz.DotError, ValueError) as error:
        reason = "; ".join([str(error), *said])
        raise RenderError(f"the graph cannot be drawn as {format}: {reason}") from error
    return image


def _by_program(dot: str, format: str) -> bytes:
    try:
        # Quiet: fontconfig warns about settings of other versions. An error's text is kept all the same.
        image: bytes = graphviz.pipe("dot", format, dot.encode(), quiet=True)
    except graphviz.ExecutableNotFound as error:
        raise RenderError(
            f"drawing a {format} needs a layout engine: pip install pygraphviz "
            "(or install Graphviz, so that 'dot' is on the PATH); saving as .dot always works"
        ) from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or b"").decode(errors="replace").strip()
        raise RenderError(f"the graph cannot be drawn as {format}: {reason}") from error
    return image


def _undated(pdf: bytes) -> bytes:
    """Overwrite the date with blanks, so that the same graph gives the same file."""
    return re.sub(rb"/CreationDate \(D:[^)]*\)", lambda date: b" " * len(date[0]), pdf)


def svg_size(svg: str) -> tuple[float, float]:
    """Return the width and height of what Graphviz has drawn as an SVG file, in points."""
    size = re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    return (float(size[1]), float(size[2])) if size else (1.0, 1.0)


def _png_dpi(svg: str) -> float:
    """Return the resolution for a picture of this size: the usual one, unless it would be too large."""
    return min(PNG_DPI, LONGEST_SIDE * 72 / max(svg_size(svg)))


def _with_dpi(dot: str, dpi: float) -> str:
    end = dot.rindex("}")
    return f"{dot[:end]}\tdpi={dpi:.1f}\n{dot[end:]}"
