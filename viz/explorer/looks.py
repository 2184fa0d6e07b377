"""How the lines of the explorer look: on the page and in its still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from viz.page import BLACK
from viz.page import LOOKS as OF_FIGURES
from viz.style import map_colours

STRIP = (-8, 0)  # decades between which the strip's colours lie
SHADES = 65


@dataclass(frozen=True)
class Look:
    """Of one line: its name, its colour, its dash for matplotlib and for SVG."""

    name: str
    colour: str
    style: Any
    dash: str


LOOKS = {
    "elman": Look("Elman", OF_FIGURES[0][0], "-", "none"),
    "lstm": Look("LSTM", OF_FIGURES[1][0], "--", "8,3"),
    "gru": Look("GRU", OF_FIGURES[2][0], "-.", "8,3,2,3"),
    "bound": Look("Elman's bound (γ‖W‖)ᵀ⁻ᵗ", BLACK, (0, (1, 2)), "2,3"),
}


def looks_json() -> dict[str, dict[str, str]]:
    """Return what the page needs of the lines."""
    return {
        line: {"name": look.name, "colour": look.colour, "dash": look.dash} for line, look in LOOKS.items()
    }


def strip_json() -> dict[str, Any]:
    """Return the strip's colours, from little to much, those of every picture of gradient norms."""
    colours = map_colours("cividis")
    chosen = [colours[round(k * (len(colours) - 1) / (SHADES - 1))] for k in range(SHADES)]
    return {"colours": chosen, "low": STRIP[0], "high": STRIP[1]}
