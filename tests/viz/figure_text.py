"""A figure of matplotlib as text: everything that is drawn with how it looks, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Annotation, Text

WHOLE = 8  # numbers up to which a list is printed; of a longer one the ends and two sums


def figure_text(figure: Any, *, laid_out: bool = False) -> str:
    """Return the text; `laid_out`: also where axes, titles and legends come to lie, in inches."""
    if laid_out:
        figure.draw_without_rendering()
    lines = [f"figure {_numbers(figure.get_size_inches())}"]
    lines += [_text("suptitle", of) for of in (figure._suptitle, figure._supxlabel) if of is not None]
    for legend in figure.legends:
        lines += _legend(legend)
    for axes in figure.axes:
        lines += ["", *_axes(axes, laid_out)]
    return "\n".join(lines)


def _axes(axes: Any, laid_out: bool) -> Iterator[str]:
    size = axes.figure.get_size_inches()
    box = axes.get_position()
    place = f" at {' '.join(f'{v:.2f}' for v in (*box.p0 * size, *box.p1 * size))}" if laid_out else ""
    yield f"axes{place}{'' if axes.axison else ' off'} below={axes.get_axisbelow()}"
    for title in (axes._left_title, axes.title, axes._right_title):
        if title.get_text():
            yield _text("title", title)
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        scale, limits = axis.get_scale(), axis.get_view_interval()
        side = axis.get_label_position()
        yield f"{name} {scale} {_numbers(limits)} {_text('label', axis.label)} side={side}"
        ticks = axis.get_majorticklocs()
        yield f"{name} ticks {_numbers(ticks)} | {' | '.join(axis.get_major_formatter().format_ticks(ticks))}"
        for tick in axis.get_major_ticks(1)[:1]:
            line, grid, label = tick.tick1line, tick.gridline, tick.label1
            shown = f"length={line.get_markersize():g} width={line.get_markeredgewidth():g}"
            yield f"{name} tick {shown} labels={label.get_visible()} size={label.get_fontsize():g}"
            lines = _stroke(grid) if grid.get_visible() else "none"
            yield f"{name} turned={label.get_rotation():g} grid={lines}"
        yield f"{name} minor ticks {_numbers(axis.get_minorticklocs())}"
    yield f"frame {axes.spines['left'].get_linewidth():g}"
    for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.texts):
        cut = "" if artist.get_clip_on() or isinstance(artist, Text) else " beyond the frame"
        yield f"{_artist(artist)} z={artist.get_zorder():g}{cut}{_points(artist, axes)}"
    if (legend := axes.get_legend()) is not None:
        yield from _legend(legend)


def _legend(legend: Legend) -> Iterator[str]:
    yield f"legend columns={legend._ncols} place={legend._loc} frame={legend.get_frame_on()}"
    title = _text("title", legend.get_title())
    yield f"legend lines={legend.handlelength:g} pad={legend.borderaxespad:g} {title}"
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        yield f"{_text('entry', text)}: {_artist(handle)}"


def _artist(artist: Artist) -> str:
    if isinstance(artist, Line2D):
        return f"line {_stroke(artist)} {_marker(artist)}"
    if isinstance(artist, Text):
        return _text("text", artist)
    if isinstance(artist, Patch):
        return f"patch fill={_colour(artist.get_facecolor())} {_stroke(artist)}"
    assert isinstance(artist, Collection)
    fills, edges = (
        " ".join(sorted({_colour(colour) for colour in colours}))
        for colours in (artist.get_facecolor(), artist.get_edgecolor())
    )
    widths = _numbers(sorted({float(width) for width in np.atleast_1d(artist.get_linewidth())}))
    size = f" size={_numbers(artist.get_sizes())}" if isinstance(artist, PathCollection) else ""
    return f"collection fill={fills} edge={edges} width={widths}{_opacity(artist)}{size}"


def _points(artist: Artist, axes: Any) -> str:
    """Where something is drawn; legends have the same looks elsewhere."""
    if isinstance(artist, Text):
        return ""
    if isinstance(artist, Line2D):
        across = "" if artist.get_transform() == axes.transData else " across the axes"
        return f"{across} x={_numbers(artist.get_xdata())} y={_numbers(artist.get_ydata())}"
    if isinstance(artist, Rectangle):
        return f" box={_numbers(artist.get_bbox().get_points())}"
    if isinstance(artist, Patch):
        return f" corners={_numbers(artist.get_path().vertices)}"
    if isinstance(artist, PathCollection):
        return f" at={_numbers(artist.get_offsets())}"
    assert isinstance(artist, Collection)
    return f" corners={_numbers(_vertices(artist))}"


def _vertices(artist: Collection) -> np.ndarray:
    lines = isinstance(artist, LineCollection)
    parts = artist.get_segments() if lines else [path.vertices for path in artist.get_paths()]
    return np.concatenate([np.asarray(part).reshape(-1, 2) for part in parts or [np.empty((0, 2))]])


def _stroke(artist: Any) -> str:
    colour = artist.get_color() if isinstance(artist, Line2D) else artist.get_edgecolor()
    _, dash = artist._unscaled_dash_pattern  # get_linestyle() is "--" for all dashes of one's own
    style = artist.get_linestyle() if dash is None else _numbers(dash)
    return f"{_colour(colour)} style={style} width={artist.get_linewidth():g}{_opacity(artist)}"


def _opacity(artist: Artist) -> str:
    alpha = artist.get_alpha()
    return "" if alpha is None else f" opacity={alpha:g}"


def _colour(colour: Any) -> str:
    return str(colour) if isinstance(colour, str) and colour == "none" else to_hex(colour, keep_alpha=True)


def _marker(line: Line2D) -> str:
    if line.get_marker() in ("", "None", None):
        return "plain"
    fill, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
    size, rim = line.get_markersize(), line.get_markeredgewidth()
    return f"{line.get_marker()} {size:g} {_colour(fill)} {_colour(edge)} {rim:g}"


def _text(kind: str, text: Text) -> str:
    where = ""
    if isinstance(text, Annotation):
        where = (
            f" of={text.xycoords} {_numbers(np.asarray(text.xy, float))} by={_numbers(text.get_position())}"
        )
    elif kind == "text":
        where = f" at {_numbers(text.get_position())}"
    return (
        f"{kind} {text.get_text()!r} {text.get_fontsize():g} {to_hex(text.get_color())} "
        f"{text.get_ha()} {text.get_va()} {text.get_rotation():g}{where}"
    )


def _numbers(values: Any) -> str:
    flat = np.ma.filled(np.ma.asarray(values).astype(float), np.nan).ravel()
    if len(flat) <= WHOLE:
        return "[" + " ".join(_short(v) for v in flat) + "]"
    known = np.nan_to_num(flat)
    places = np.arange(1, len(flat) + 1) @ known / len(flat)
    return (
        f"[{' '.join(map(_short, flat[:3]))} … {' '.join(map(_short, flat[-2:]))}; {len(flat)} numbers, "
        f"{int(np.isnan(flat).sum())} unknown, sums {_short(known.sum())} {_short(places)}]"
    )


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < 1e-12 else value:.5g}"
