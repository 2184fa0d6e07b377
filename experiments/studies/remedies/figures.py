"""The study's figures: what each remedy does to the accuracy, and to the gradient ratio epoch by epoch."""

from __future__ import annotations

import math

from experiments.paper.data import CLASSES
from experiments.studies.remedies.found import deep_count, deep_ratio, found
from experiments.studies.remedies.settings import ACTIVATION, ARCHITECTURE, CHAINS, DEEP, REMEDIES, TRAINING
from experiments.studies.runs import Runs, epochs, positive
from experiments.studies.study import Figures
from minigrad.monitor import Vanishing
from viz import DotRow, LinePanel, dot_rows, line_panels

# What is drawn in a panel for comparison.
BESIDE = {ACTIVATION: ("RNN",), ARCHITECTURE: ("RNN", "RLSTM"), TRAINING: ("RNN",), CHAINS: ("RNN", "RLSTM")}
LOWEST = 1e-7  # end of the axis of ratios, below which lines may go; ratios of exactly zero are left out


def figures(runs: Runs) -> Figures:
    """Return "accuracy" and "ratios"."""
    of = found(runs)
    group = {f.remedy: "over chains" if f.kind == "chains" else REMEDIES[f.remedy].group for f in of.values()}
    accuracy = dot_rows(
        [
            DotRow(f.title, f.accuracies, group[f.remedy])
            for f in sorted(of.values(), key=lambda f: -f.accuracy)
        ],
        xlabel="test accuracy at the best epoch (%)",
        xlim=(0, 100),
        references={"guessing": 100 / CLASSES},
    )
    lines = {name: positive(epochs(f.runs, deep_ratio, count=deep_count)) for name, f in of.items()}
    # One axis for all panels, with room for all lines, so that panels can be compared.
    known = [y for line in lines.values() for run in line.runs for y in run if not math.isnan(y)]
    limits = (max(min(known) / 1.5, LOWEST), max(*known, LOWEST) * 1.5) if known else None
    panels = []
    for name, beside in BESIDE.items():
        shown = [*beside, *(remedy for remedy in REMEDIES if REMEDIES[remedy].group == name)]
        if drawn := {of[remedy].title: lines[remedy] for remedy in shown if remedy in of}:
            panels.append(
                LinePanel(
                    name,
                    drawn,
                    "epoch",
                    f"median ratio at depth ≥ {DEEP}",
                    references={"threshold": Vanishing().threshold},
                    yscale="log",
                    ylim=limits,
                )
            )
    return {"accuracy": accuracy, "ratios": line_panels(panels, legends="panels", height=2.6)}
