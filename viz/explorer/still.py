"""The page's picture where no JavaScript runs: the curves and eigenvalues of one setting as SVG."""

from __future__ import annotations

import io
import re

import numpy as np

from viz.explorer.draws import recurrent
from viz.explorer.flow import explore
from viz.explorer.looks import LOOKS
from viz.explorer.settings import Settings
from viz.page import GREY, GRID, new_figure


def still(settings: Settings) -> str:
    """Return an SVG of the gradients by step and of W's eigenvalues, without a date: the same every time."""
    norms = explore(settings)
    values = np.linalg.eigvals(recurrent(settings, "W"))
    with new_figure(9.0, 3.4) as figure:
        curves, plane = figure.subplots(1, 2, width_ratios=[2, 1])
        for line, look in LOOKS.items():
            curves.plot(norms[line], color=look.colour, linestyle=look.style, label=look.name)
        curves.set_yscale("log")
        curves.set(xlabel="step t", ylabel="‖∂J/∂hₜ‖", xlim=(0, settings.T))
        curves.grid(color=GRID)
        curves.legend()
        radius = float(np.abs(values).max())
        for size, colour, dash in ((1.0, "black", "-"), (radius, GREY, "--")):
            turn = np.exp(2j * np.pi * np.linspace(0, 1, 73)) * size
            plane.plot(turn.real, turn.imag, color=colour, linestyle=dash, linewidth=0.8)
        plane.plot(values.real, values.imag, "o", color="#0072b2", markersize=3)
        plane.set(aspect="equal", xlabel="real", ylabel="imaginary", title="Eigenvalues of W")
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", file.getvalue(), flags=re.DOTALL)
    label = "Gradient norms by step, and eigenvalues of W with the unit circle"
    return text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
