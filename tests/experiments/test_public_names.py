"""The names that the README promises to programs of one's own are there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

README = Path(__file__).parents[2] / "experiments" / "README.md"


def test_public_names_can_be_imported():
    text = README.read_text(encoding="utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("The names that programs"))
    modules = re.findall(r"`(experiments[\w.]*)`\s+\(([^)]*)\)", paragraph)
    assert len(modules) >= 6
    for module, names in modules:
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(import_module(module), name), f"{module}.{name}"
