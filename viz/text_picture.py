"""Text whose characters or words are coloured by a number each."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from viz.files import suffix_of, write_atomic
from viz.html import page
from viz.linear_scale import ActivationScale
from viz.page import image, save_figure
from viz.picture import size_on_page
from viz.scale import Scale, fitted
from viz.text import signed_tick, visible
from viz.text_figure import text_figure
from viz.text_lines import Unit, lines_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = ("svg", "png", "pdf", "html", "txt")
COLUMNS = 72
LEVELS, BLOCKS = "0123456789", " ░▒▓█"


class TextPicture:
    """A text on the colours of its numbers: what a unit does, or how much of a gradient arrives.

    Parameters
    ----------
    text : str or sequence of str
        Its characters have a number each; or these words have. A word that ends in a line break ends a line.
    values : array_like (n,)
        The numbers.
    scale : "activation", "norm", "ratio", or a scale
        Activations of either sign get an `ActivationScale`; norms of gradients a logarithmic `NormScale`, or
        a `RatioScale` over the last one. A scale that is given is taken as it is, so that pictures can be
        compared.
    truth : array_like (n,), optional
        What should be seen, drawn as a strip below the text: booleans, such as whether a character stands in
        quotes, or numbers from 0 up, such as the depth of brackets.
    title : str, optional
        Printed above.
    truth_name : str
        What the legend calls the truth.
    columns : int
        Characters in a line, at least 8.

    Raises
    ------
    ValueError
        There is not one number, and one truth, for each character or word; a truth is negative or not finite;
        the columns are too few, or there is no such scale.

    Examples
    --------
    >>> picture = TextPicture('say "no"', [0, 0, 0, 0, 0.5, 0.9, 1.0, -0.8], title="a unit")
    >>> picture.save("unit.svg")  # doctest: +SKIP
    """

    def __init__(
        self,
        text: str | Sequence[str],
        values: npt.ArrayLike,
        scale: ActivationScale | Scale | str = "activation",
        *,
        truth: npt.ArrayLike | None = None,
        title: str | None = None,
        truth_name: str = "truth",
        columns: int = COLUMNS,
    ) -> None:
        self.units = text if isinstance(text, str) else list(text)
        self.title, self.truth_name = title, truth_name
        given = _one_each("number", values, self.units)
        if columns < 8:
            raise ValueError(f"a line has at least 8 characters, not {columns}")
        if isinstance(scale, str) and scale == "activation":
            scale = ActivationScale.fit(given)
        self.scale = scale if isinstance(scale, ActivationScale) else fitted(scale, given)
        self.values = given if isinstance(self.scale, ActivationScale) else self.scale.numbers(given)
        self.truth = None if truth is None else _shares(_one_each("truth", truth, self.units))
        self.lines = lines_of(self.units, columns)
        self._styles = [self.scale.style(value) for value in self.values]

    @property
    def figure(self) -> Figure:
        """The picture as a figure of matplotlib, 7 inches wide or as wide as its longest line."""
        return text_figure(
            self.lines, self._styles, self.scale, self.caption, self.truth, self.title, self._strip_name
        )

    @property
    def caption(self) -> str:
        """What the colours are."""
        return self.scale.caption.replace("node", "word" if isinstance(self.units, list) else "character")

    @property
    def _strip_name(self) -> str:
        return f"strip below: {self.truth_name}"

    def to_svg(self) -> str:
        """Return the picture as the text of an SVG file."""
        return image(self.figure, "svg").decode()

    def to_text(self) -> str:
        """Return the text with a digit below each character, 0 to 9 from one end of the scale to the other.

        A digit stands for a tenth of the scale. Numbers without a colour have ``·`` (exactly zero), ``!``
        (infinite or outside the scale) or ``?`` (not a number). The truth, if it is given, follows as a line
        of blocks, lighter where it is smaller.
        """
        out = [] if self.title is None else [visible(self.title), ""]
        for line in self.lines:
            out.append(_line(line, lambda unit: unit.text))
            out.append(_line(line, lambda unit: self._mark(unit) * len(unit.text)))
            if self.truth is not None:
                out.append(_line(line, self._strip))
        ticks = self.scale.ticks()
        low, high = (signed_tick(tick) for tick in (ticks[0], ticks[-1]))
        out += ["", f"{self.caption}: digits from 0 ({low}) to 9 ({high})"]
        out += [f"{self._strip_name}"] if self.truth is not None else []
        return "\n".join(line.rstrip() for line in out) + "\n"

    def _strip(self, unit: Unit) -> str:
        share = 0.0 if self.truth is None else self.truth[unit.number]
        return BLOCKS[int(np.ceil(4 * share))] * len(unit.text)

    def _mark(self, unit: Unit) -> str:
        style, value = self._styles[unit.number], self.values[unit.number]
        if style.note is not None:
            return "?" if np.isnan(value) else "·" if value == 0 else "!"
        return LEVELS[min(9, max(0, int(10 * self.scale.position(float(value)))))]

    def html_body(self) -> str:
        """Return the body of the picture's page: the number of a character or word shows when pointed at."""
        parts = [] if self.title is None else [f"<h2>{html.escape(visible(self.title))}</h2>"]
        parts.append(
            '<div style="font-family: DejaVu Sans Mono, monospace; line-height: 1.9; overflow: auto">'
        )
        for line in self.lines:
            spans = [self._span(unit, before) for unit, before in zip(line, [None, *line], strict=False)]
            parts.append(f'<div style="white-space: pre">{"".join(spans)}</div>')
        parts += ["</div>", self._bar()]
        if self.truth is not None:
            parts.append(f"<p>{html.escape(visible(self._strip_name))}</p>")
        return "\n".join(parts)

    def _span(self, unit: Unit, before: Unit | None) -> str:
        style = self._styles[unit.number]
        gap = " " * (unit.column - (before.column + len(before.text) if before else 0))
        number = self.scale.printed(float(self.values[unit.number]))
        look = f"background: {style.fill}; color: {style.font}"
        if style.note is not None:
            look += f"; outline: {style.width:g}px {style.line} {style.border}; outline-offset: -1px"
            number += f", {style.note}"
        if self.truth is not None:
            look += f"; border-bottom: 3px solid {grey(self.truth[unit.number])}"
        text = html.escape(unit.text)
        return f'{gap}<span style="{look}" title="{html.escape(number)}">{text}</span>'

    def _bar(self) -> str:
        colours = ", ".join(self.scale.style(self.scale.at(k / 16)).fill for k in range(17))
        ticks = self.scale.ticks()
        return (
            '<p><span style="display: inline-block; width: 20em; height: 1em; border: 1px solid #404040; '
            f'background: linear-gradient(to right, {colours})"></span><br>'
            f"{html.escape(self.caption)}: {signed_tick(ticks[0])} to {signed_tick(ticks[-1])}</p>"
        )

    def to_html(self) -> str:
        """Return a page with the picture in it, in one file that needs no network."""
        return page(self.title or type(self).__name__, self.html_body())

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format that the suffix names, and return its path.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png``, ``.pdf``, ``.html`` or ``.txt``.

        Raises
        ------
        ValueError
            The suffix is none of these.
        OSError
            The file cannot be written; nothing is left behind.
        """
        suffix = suffix_of(path, SUFFIXES)
        if suffix in ("html", "txt"):
            return write_atomic(path, (self.to_html() if suffix == "html" else self.to_text()).encode())
        return save_figure(self.figure, path)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        """Return what a notebook shows, by media type; a PNG is for what it is exported to.

        The metadata are the PNG's size in pixels of the page, of which it has more, to be sharp.
        """
        makers = {"text/html": self.html_body, "image/png": self._png, "text/plain": self.to_text}
        bundle = {
            kind: make()
            for kind, make in makers.items()
            if (not include or kind in include) and not (exclude and kind in exclude)
        }
        png = bundle.get("image/png")
        return bundle, {} if png is None else {"image/png": size_on_page(base64.b64decode(png))}

    def _png(self) -> str:
        return base64.b64encode(image(self.figure, "png")).decode()


def grey(share: float) -> str:
    """Return the colour of a strip, from white at 0 to black at 1."""
    return "#" + f"{round(255 * (1 - share)):02x}" * 3


def _one_each(what: str, values: npt.ArrayLike, units: str | list[str]) -> npt.NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.shape != (len(units),):
        kind = "words" if isinstance(units, list) else "characters"
        raise ValueError(f"a {what} for each of {len(units)} {kind} is needed, not an array {array.shape}")
    return array


def _shares(truth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if not (np.isfinite(truth) & (truth >= 0)).all():
        raise ValueError("truths are booleans, or finite numbers from 0 up")
    return truth / max(1.0, truth.max(initial=0))


def _line(line: Sequence[Unit], shown: Callable[[Unit], str]) -> str:
    out = ""
    for unit in line:
        out = out.ljust(unit.column) + shown(unit)
    return out
