"""A study's figures beside its rows, for print and screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import viz
from experiments.sweep.output import writable_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "svg", "png")


def save(name: str, figure: Figure, out: Path) -> None:
    """Write a figure into the folder ``figures`` of a sweep's folder, in all formats, and say so."""
    folder = writable_folder(out / "figures")
    for suffix in FORMATS:
        viz.save_figure(figure, folder / f"{name}.{suffix}")
    print(f"figure: {folder / name}.{', .'.join(FORMATS)}")
