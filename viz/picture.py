"""What all pictures have in common: saving in any format, and display in a notebook."""

from __future__ import annotations

import base64
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from pathlib import Path

from viz.files import suffix_of, write_atomic
from viz.html import inline, page
from viz.render import FORMATS, LONGEST_SIDE, PNG_DPI, render, svg_size
from viz.size import sized

Width = str | float | None
SUFFIXES = (*FORMATS, "dot", "html", "txt")


class Picture(ABC):
    """A drawing that exists as DOT text and as text for a terminal; the other formats follow from these.

    Subclasses define `dot` and `to_text`. One with a page of its own overrides `html_body`.
    """

    @property
    @abstractmethod
    def dot(self) -> str:
        """The picture as DOT text: the same for the same content, always."""

    @abstractmethod
    def to_text(self) -> str:
        """Return the picture in box characters, for a terminal; it ends with a line break."""

    @property
    def name(self) -> str:
        """What the picture's page is called."""
        return type(self).__name__

    def to_svg(self, width: Width = None) -> str:
        """Return the picture as the text of an SVG file; `width`: see `save`.

        Raises
        ------
        ValueError
            There is no such width.
        RenderError
            There is no layout engine; the text says how to get one.
        """
        return render(sized(self.dot, width), "svg").decode()

    def html_body(self, width: Width = None) -> str:
        """Return the body of the picture's page, as HTML that loads nothing from elsewhere.

        Raises
        ------
        ValueError
            There is no such width.
        RenderError
            There is no layout engine.
        """
        return inline(self.to_svg(width))

    def to_html(self, width: Width = None) -> str:
        """Return a page with the picture in it, in one file that needs no network.

        Raises
        ------
        ValueError
            There is no such width.
        RenderError
            There is no layout engine.
        """
        return page(self.name, self.html_body(width))

    def save(self, path: str | Path, *, width: Width = None) -> Path:
        """Write the picture to a file, in the format that the suffix names, and return its path.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png``, ``.pdf``, ``.dot``, ``.html`` or ``.txt``; ``.dot`` and ``.txt`` need
            no layout engine.
        width : float or str, optional
            Of the picture, in inches, or with a unit: ``3.3in``, ``8.4cm``, ``84mm``, ``240pt``. All of it is
            scaled, letters too. By default they have 10 points.

        Raises
        ------
        ValueError
            The suffix is none of these; there is no such width, or a text should have one.
        RenderError
            There is no layout engine; the text says how to get one.
        OSError
            The file cannot be written; nothing is left behind.
        """
        suffix = suffix_of(path, SUFFIXES)
        if suffix == "txt" and width is not None:
            raise ValueError(f"{str(path)!r} is a text, which has no width; leave it out")
        if suffix in FORMATS:
            return write_atomic(path, render(sized(self.dot, width), suffix))
        texts = {
            "dot": lambda: sized(self.dot, width),
            "html": lambda: self.to_html(width),
            "txt": self.to_text,
        }
        return write_atomic(path, texts[suffix]().encode())

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        """Return what a notebook shows, by media type; if nothing can draw, the text and the reason.

        A PNG stands beside the SVG for what a notebook is exported to. It is left out where the picture is so
        large that nobody could read it.

        Parameters
        ----------
        include, exclude : collection of str, optional
            Media types wanted and not wanted, as in Jupyter's protocol.

        Returns
        -------
        bundle : dict of str
            A PNG is in base64.
        metadata : dict
            The size of a PNG in pixels of the page, of which it has more, to be sharp.
        """
        makers: dict[str, Callable[[], str]] = {
            "text/html": self.html_body,
            "image/svg+xml": self.to_svg,
            "image/png": self._png,
            "text/plain": self.to_text,
        }
        bundle, failures = {}, []
        for kind, make in makers.items():
            if (include and kind not in include) or (exclude and kind in exclude):
                continue
            try:
                bundle[kind] = make()
            except Exception as error:  # or a notebook would show a traceback instead of the value
                failures.append(f"{kind}: {error}")
        metadata = {}
        if png := bundle.pop("image/png", None):
            bundle["image/png"] = png
            metadata["image/png"] = size_on_page(base64.b64decode(png))
        if failures and (wanted := bundle.get("text/plain")) is not None:
            bundle["text/plain"] = "\n".join([wanted, *failures])
        return bundle, metadata

    def _png(self) -> str:
        """Return the picture as a PNG in base64; nothing if it is too large to be read."""
        if max(svg_size(self.to_svg())) > LONGEST_SIDE * 72 / PNG_DPI:
            return ""
        return base64.b64encode(render(self.dot, "png")).decode()


def size_on_page(png: bytes) -> dict[str, int]:
    """Return width and height of a PNG on a page: its pixels at the density of a page, not its own."""
    pixels = struct.unpack(">II", png[16:24])
    width, height = (round(96 * side / PNG_DPI) for side in pixels)  # a page has 96 pixels to an inch
    return {"width": width, "height": height}
