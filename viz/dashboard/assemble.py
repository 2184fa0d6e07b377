"""The dashboard's page: HTML, style, scripts and colours put together in one file."""

from __future__ import annotations

import json
from pathlib import Path

from viz.scale import RatioScale
from viz.style import map_colours
from viz.web import filled, scripts, shared

HERE = Path(__file__).parent
MODEL = ("store", "groups", "scale", "tree")  # what needs no browser
SCREEN = ("plot", "heat_map", "sentence", "spectrum", "curves", "rules", "panel", "screen", "connect")


def dashboard_page() -> str:
    """Return the page, which asks the server that it came from for records, and nobody else for anything.

    Its element ``data`` holds ``null``. If it holds a name and records instead, the page shows those and asks
    nobody. What a record is, `experiments/dashboard` says.
    """
    parts = {
        "STYLE": (HERE / "dashboard.css").read_text(encoding="utf-8"),
        "COLOURS": json.dumps(map_colours(RatioScale.colormap), separators=(",", ":")),
        "MODEL": shared("ink") + scripts(HERE, MODEL),
        "SCREEN": shared("numbers", "svg", "elements") + scripts(HERE, SCREEN),
    }
    return filled(HERE / "dashboard.html", parts)
