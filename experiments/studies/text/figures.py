"""The study's figures."""

from __future__ import annotations

from experiments.studies.runs import Runs, by, chosen, epochs
from experiments.studies.study import Figures
from experiments.studies.text.settings import CELLS
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

TITLES = {"python": "Python's standard library", "prose": "prose"}


def figures(runs: Runs) -> Figures:
    """Return "bits"."""
    return {"bits": line_panels([_learning(own) for own in by(runs, "corpus").values()])}


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


def _learning(runs: Runs) -> LinePanel:
    """Return the panel of the bits on dev over the epochs, beside the best n-grams and the compressors."""
    rivals = baselines(runs)
    orders = rivals.result["ngrams"]["dev"]
    lines: dict[str, Line] = {
        name: epochs(own, lambda row: float(row["dev_bits"])) for name, own in networks_of(runs).items()
    }
    return LinePanel(
        TITLES[rivals.settings["corpus"]],
        lines,
        "epochs",
        "bits per character on dev",
        references={f"{orders.index(min(orders)) + 1}-grams": min(orders)},
    )
