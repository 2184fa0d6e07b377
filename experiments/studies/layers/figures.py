"""The study's figures: losses, probes, number units."""

from __future__ import annotations

from collections.abc import Callable
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
    "left": "homographs, left neighbour settles",
    "right": "homographs, right neighbour settles",
    "number": "number of the subject",
    "depth": "depth in relative clauses",
}


def figures(runs: Runs) -> Figures:
    """Return "loss", "probes", "units", and where there is a first run a picture of a unit by direction."""
    return {
        "loss": line_panels([_loss(runs)]),
        "probes": line_panels([_probes(runs, task) for task in TASKS]),
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
        yscale="log",
    )


def _probes(runs: Runs, task: str) -> LinePanel:
    found = [run.result["probes"]["after"][task] for run in runs]
    layers = range(runs[0].settings["layers"] + 1)
    lines = {
        side: Line(layers, [[100 * accuracy for accuracy in of["layers"][side]] for of in found])
        for side in SIDES
    }
    means = {name: 100 * sum(of[name] for of in found) / len(found) for name in ("chance", "mix")}
    return LinePanel(
        TITLES[task], lines, "layer (0: the word’s vector)", "test accuracy in %", means, xlim=(-0.15, 2.4)
    )


def _units(runs: Runs, direction: str) -> LinePanel:
    """Return the panel of agreement with more and more units clamped."""
    found = [run.result["units"][direction] for run in runs]
    sizes = found[0]["together"]["units"]
    lines = {
        name: Line(sizes, [[100 * share for share in of["together"][key]] for of in found])
        for name, key in (("units whose margin counts most", "best"), ("units at random", "random"))
    }
    whole = 100 * sum(of["agreement"]["attractor"] for of in found) / len(found)
    return LinePanel(
        f"{direction}: number of the {SAID[direction]}",
        lines,
        f"clamped units, of {sizes[-1]}",
        "agreement across an attractor in %",
        {"none clamped": whole, "chance": 50.0},
        xscale="log",
        ylim=(0, 105),
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
                of["words"],
                of["values"],
                truth=of["truth"],
                title=f"{direction}, layer {unit['layer']}: memory of unit {unit['unit']}, read {read}",
                truth_name="from the subject up to its verb, singular (half) or plural (full)",
            ).figure
    return drawn
