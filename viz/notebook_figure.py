"""A figure that shows itself in a notebook, as the pictures of trees do."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from viz.picture import size_on_page
from viz.render import PNG_DPI


class NotebookFigure(Figure):
    """A figure of matplotlib that Jupyter shows, whether or not ``matplotlib.pyplot`` is in use."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return a PNG, and its size in pixels of the page, of which it has more, to be sharp."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=PNG_DPI)
        return buffer.getvalue(), size_on_page(buffer.getvalue())
