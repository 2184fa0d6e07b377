"""The study's figures: what each remedy does to the accuracy, and to the gradient ratio epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from experiments.paper.data import CLASSES
from experiments.studies.remedies.found import Found, found
from experiments.studies.remedies.settings import (
    ACTIVATION,
    ARCHITECTURE,
    CHAINS,
    DEEP,
    REMEDIES,
    TRAINING,
)
from experiments.studies.study import Figures
from experiments.sweep import Run
from minigrad.monitor import Vanishing
from viz import DotRow, Line, LinePanel, dot_rows, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What stands in a panel for comparison.
BESIDE = {ACTIVATION: ("RNN",), ARCHITECTURE: ("RNN", "RLSTM"), TRAINING: ("RNN",), CHAINS: ("RNN", "RLSTM")}
LOWEST = 1e-7  # of the axis of ratios, which lines may leave; one that is exactly zero leaves its place out


def figures(runs: Sequence[Run]) -> Figures:
    """Return "accuracy" and "ratios"."""
    of = found(runs)
    return {"accuracy": _accuracy(of), "ratios": _ratios(of)}


def _accuracy(of: Mapping[str, Found]) -> Figure:
    best_first = sorted(of.values(), key=lambda f: -f.accuracy)
    return dot_rows(
        [DotRow(f.title, f.accuracies, _group(f.remedy)) for f in best_first],
        xlabel="test accuracy at the best epoch (%)",
        xlim=(0, 100),
        references={"guessing": 100 / CLASSES},
    )


def _group(remedy: str) -> str:
    group = REMEDIES[remedy].group
    return "over chains" if group == CHAINS else group


def _ratios(of: Mapping[str, Found]) -> Figure:
    panels, limits = [], _limits(of)
    for group, beside in BESIDE.items():
        names = [*beside, *(name for name, remedy in REMEDIES.items() if remedy.group == group)]
        lines = {of[name].title: _positive(of[name].line()) for name in names if name in of}
        if lines:
            panels.append(
                LinePanel(
                    group,
                    lines,
                    "epoch",
                    f"median ratio at depth ≥ {DEEP}",
                    references={"threshold": Vanishing().threshold},
                    yscale="log",
                    ylim=limits,
                )
            )
    return line_panels(panels, legends="panels", height=2.6)


def _limits(of: Mapping[str, Found]) -> tuple[float, float] | None:
    """Return the ends of an axis that all lines have room on, so that panels can be compared."""
    known = [y for f in of.values() for run in _positive(f.line()).runs for y in run if not math.isnan(y)]
    return (max(min(known) / 1.5, LOWEST), max(*known, LOWEST) * 1.5) if known else None


def _positive(line: Line) -> Line:
    """Return a line for a logarithmic axis."""
    return Line(line.x, [[y if y > 0 else math.nan for y in run] for run in line.runs])
