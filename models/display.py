"""How trees show themselves in a notebook.

Pictures are drawn by `viz`, which knows of trees, while trees know of no pictures: so it is looked up by its
name, when a notebook asks, and where it cannot be imported there is text.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any

_PICTURES = "viz.notebook"  # has a function `bundle(value, include, exclude)`


class Displayed:
    """Shows its picture in a notebook."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the picture by media type, and metadata: Jupyter's protocol."""
        try:
            bundle, metadata = import_module(_PICTURES).bundle(self, include, exclude)
        except Exception as error:  # a notebook would show a traceback instead of the value
            return {"text/plain": f"{self!r}\n(no picture: {type(error).__name__}: {error})"}, {}
        return bundle, metadata
