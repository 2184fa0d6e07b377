"""The finished runs of the study in groups: networks, and what they are compared with."""

from __future__ import annotations

from experiments.studies.runs import Runs, by, chosen
from experiments.studies.text.settings import CELLS
from experiments.sweep import Run

TITLES = {  # in the order of the page
    "python": "Python's standard library",
    "prose": "prose",
}
SHARES = {0.5: "to a half", 0.01: "to a hundredth"}  # that a gradient falls to


def trained(runs: Runs) -> list[Run]:
    """Return the runs of networks."""
    return [run for run in runs if "cell" in run.settings]


def baselines(runs: Runs) -> Run:
    """Return the one run of n-grams and compressors of a corpus."""
    (found,) = (run for run in runs if "cell" not in run.settings)
    return found


def networks_of(runs: Runs) -> dict[str, list[Run]]:
    """Return the runs of networks by cell and width, as "LSTM, D 128"."""
    found = {}
    for cell, own in by(trained(runs), "cell", CELLS).items():
        for D in sorted({run.settings["D"] for run in own}):
            found[f"{cell}, D {D}"] = chosen(own, D=D)
    return found
