"""What several pages share: their scripts, and how one file is made of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def scripts(folder: Path, names: Iterable[str]) -> str:
    """Return the text of some scripts of a folder, one after another."""
    return "".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)


def shared(*names: str) -> str:
    """Return the text of some scripts of this folder, one after another."""
    return scripts(Path(__file__).parent, names)


def filled(page: Path, parts: Mapping[str, str]) -> str:
    """Return the text of a page with a part in the place of each ``@NAME@``."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part.strip())
    return text
