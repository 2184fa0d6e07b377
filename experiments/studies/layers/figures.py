"""The study's figures: losses, probes, number units."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Any

from experiments.studies.layers.bilm import DIRECTIONS
from experiments.studies.layers.reading import SIDES
from experiments.studies.layers.settings import PREDICTIONS
from experiments.studies.layers.tasks import TASKS
from experiments.studies.layers.units import SAID
from experiments.studies.runs import Runs, epochs
from experiments.studies.study import Figures
from viz import Line, LinePanel, TextPicture, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    "class": "word class",
    "left": "homographs, left settles",
    "right": "homographs, right settles",
    "number": "number of the subject",
    "depth": "clauses around a word",
}


def figures(runs: Runs) -> Figures:
    """Return "loss", "probes", "units", and where there is a first run a picture of a unit by direction."""
    return {
        "loss": line_panels([_loss(runs)], width=4.6),
        "probes": line_panels([_probes(runs, task) for task in TASKS], columns=3, height=1.9),
        "units": line_panels([_units(runs, direction) for direction in DIRECTIONS]),
        **_pictures(runs),
    }


def _loss(runs: Runs) -> LinePanel:
    def above(direction: str) -> Callable[[dict[str, Any]], float]:
        return lambda row: float(row["above"][direction])

    entropy = runs[0].settings["entropy"]
    percent = PREDICTIONS["percent_above"]
    return LinePanel(
        f"entropy of the grammar: {entropy:.2f} bits per string",
        {name: epochs(runs, above(name)) for name in DIRECTIONS},
        "epochs",
        "bits per string above the source, dev",
        references={f"{percent:g} % of the entropy": percent / 100 * entropy},
        ylim=(0, 1.2 * percent / 100 * entropy),
    )


def _probes(runs: Runs, task: str) -> LinePanel:
    found = [run.result["probes"]["after"][task] for run in runs]
    layers = range(runs[0].settings["layers"] + 1)
    lines = {
        side: Line(layers, [[100 * accuracy for accuracy in of["layers"][side]] for of in found])
        for side in SIDES
    }
    medians = {name: 100 * median(of[name] for of in found) for name in ("chance", "mix")}
    beyond = 0.12 * (100 - medians["chance"])
    return LinePanel(
        TITLES[task],
        lines,
        "layer (0: the word’s vector)",
        "test accuracy in %",
        medians,
        xlim=(-0.15, layers[-1] + 0.6),
        ylim=(medians["chance"] - beyond, 100 + beyond),
    )


def _units(runs: Runs, direction: str) -> LinePanel:
    """Return the panel of agreement with more and more units clamped."""
    found = [run.result["units"][direction] for run in runs]
    sizes = found[0]["together"]["units"]
    lines = {
        name: Line(sizes, [[100 * share for share in of["together"][key]] for of in found])
        for name, key in (("those that count most", "best"), ("as many at random", "random"))
    }
    whole = 100 * median(of["agreement"]["attractor"] for of in found)
    return LinePanel(
        f"{direction}: the {SAID[direction]}, across an attractor",
        lines,
        f"units clamped, of {sizes[-1]}",
        "agreement in %",
        {"none clamped": whole, "chance": 50.0},
        xscale="log",
        xlim=(0.8, 8.0 * sizes[-1]),  # room for the names of the grey lines
        ylim=(42, 107),
    )


def _pictures(runs: Runs) -> dict[str, Figure]:
    """Return the unit of each direction that is worth most in the first run, word by word."""
    drawn = {}
    for run in runs:
        for direction in DIRECTIONS:
            own = run.result["units"][direction]
            if "picture" not in own:
                continue
            of, unit = own["picture"], own["units"][0]
            read = "from left to right" if direction == "forward" else "from right to left"
            drawn[f"unit-{direction}"] = TextPicture(
                [f"{word}\n" if word.endswith(".") else word for word in of["words"]],
                of["values"],
                truth=of["truth"],
                title=f"{direction}, layer {unit['layer']}: memory of unit {unit['unit']}, read {read}",
                truth_name="from the subject up to its verb, grey if singular, black if plural",
            ).figure
    return drawn
