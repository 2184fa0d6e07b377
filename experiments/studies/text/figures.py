"""The study's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.studies.runs import Runs, by, chosen, epochs, positive
from experiments.studies.study import Figures
from experiments.studies.text.settings import CELLS
from experiments.studies.text.truths import NAMES
from experiments.sweep import Run
from viz import Line, LinePanel, TextPicture, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {  # in the order of the page
    "python": "Python's standard library",
    "prose": "prose",
}


def figures(runs: Runs) -> Figures:
    """Return "bits", "reach", and for each corpus pictures of units, "cell-CORPUS-TRUTH" and "…-typical"."""
    of_corpus = by(runs, "corpus", TITLES).values()
    reached = [_reach(own, when) for own in of_corpus for when in ("before", "after")]
    units = {name: figure for own in of_corpus for name, figure in _units(own).items()}
    return {
        "bits": line_panels([_learning(own) for own in of_corpus]),
        "reach": line_panels(reached),
        **units,
    }


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


def _reach(runs: Runs, when: str) -> LinePanel:
    """Return the panel of the gradient by distance, "before" or "after" training."""
    lines = {}
    for name, own in networks_of(runs).items():
        curves = [run.result["reach"][when]["h"] for run in own]
        lines[name] = positive(Line(range(len(curves[0])), curves))
    return LinePanel(
        f"{TITLES[runs[0].settings['corpus']]}, {when} training",
        lines,
        "characters back, k",
        "median of ‖∂J(t)/∂h(t−k)‖",
        yscale="log",
    )


def pictured(runs: Runs) -> Run:
    """Return the run whose units are drawn: of the first runs of networks the best on dev."""
    first = [run for run in trained(runs) if run.settings["run"] == 1]
    return min(first, key=lambda run: float(run.result["dev_bits"]))


def _units(runs: Runs) -> dict[str, Figure]:
    """Return the units that follow a truth best, and beside each one that does so as a typical one."""
    run = pictured(runs)
    corpus, found = run.settings["corpus"], {}
    of = f"{run.settings['cell']}, D {run.settings['D']}"
    for truth, row in run.result["cells"].items():
        if "excerpt" not in row:
            continue
        own = row["excerpt"]
        for suffix, unit, values in (("", "unit", "values"), ("-typical", "typical", "typical")):
            what = "the best for" if unit == "unit" else "a typical unit, for"
            found[f"cell-{corpus}-{truth}{suffix}"] = TextPicture(
                own["text"],
                own[values],
                truth=own["truth"],
                title=f"{of}: {row[unit]}, {what} “{truth}”",
                truth_name=NAMES[corpus][truth],
            ).figure
    return found
