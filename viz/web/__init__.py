"""Scripts that several pages share, as text."""

from __future__ import annotations

from pathlib import Path


def shared_script(name: str) -> str:
    """Return the text of a script of this folder."""
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
