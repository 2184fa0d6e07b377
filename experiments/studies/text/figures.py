"""The study's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.studies.runs import Runs, by, epochs, positive
from experiments.studies.study import Figures
from experiments.studies.text.groups import SHARES, TITLES, baselines, networks_of, trained
from experiments.studies.text.reach import fall
from experiments.studies.text.sent_back import itemised_figures
from experiments.studies.text.truths import NAMES
from experiments.sweep import Run
from viz import Line, LinePanel, TextPicture, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(runs: Runs) -> Figures:
    """Return the figures by the names of their files.

    "bits", "reach", "fall"; and for each corpus what `itemised_figures` returns, and pictures of units,
    "cell-CORPUS-TRUTH" and "…-typical".
    """
    of_corpus = by(runs, "corpus", TITLES).values()
    reached = [_reach(own, when) for own in of_corpus for when in ("before", "after")]
    units = {name: figure for own in of_corpus for name, figure in _units(own).items()}
    return {
        "bits": line_panels([_learning(own) for own in of_corpus]),
        "reach": line_panels(reached),
        "fall": line_panels([falls(own, share) for own in of_corpus for share in SHARES]),
        **{name: figure for own in of_corpus for name, figure in itemised_figures(own).items()},
        **units,
    }


def _learning(runs: Runs) -> LinePanel:
    """Return the panel of the bits on dev over the epochs, beside the best n-grams."""
    rivals = baselines(runs)
    orders = rivals.result["ngrams"]["dev"]
    lines: dict[str, Line] = {
        name: epochs(own, lambda row: float(row["dev_bits"])) for name, own in networks_of(runs).items()
    }
    networks = [run for own in networks_of(runs).values() for run in own]
    return LinePanel(
        TITLES[rivals.settings["corpus"]],
        lines,
        "epochs",
        "bits per character on dev",
        xlim=(0.0, 1.25 * max(run.epochs for run in networks)),  # the n-grams' name is beyond the lines
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


def falls(runs: Runs, share: float) -> LinePanel:
    """Return the panel of how far back gradients fall to a share through training, by parts of the state."""
    lines, beyond = {}, False
    for name, own in networks_of(runs).items():
        looks = [
            [found["before"], *found["during"], found["after"]]
            for found in (run.result["reach"] for run in own)
        ]
        parts = list(looks[0][0])
        for part in parts:
            longest = len(looks[0][0][part]) - 1
            found = [[fall(look[part], share) for look in run] for run in looks]
            beyond = beyond or any(value is None for run in found for value in run)
            lines[f"{name}, by {part}" if len(parts) > 1 else name] = Line(
                _characters(own[0]), [[longest if value is None else value for value in run] for run in found]
            )
    x = next(iter(lines.values())).x
    return LinePanel(
        TITLES[runs[0].settings["corpus"]],
        lines,
        "characters trained on",
        f"characters back, {SHARES[share]}{f' (at least, where {longest})' if beyond else ''}",
        xscale="log",
        yscale="log",
        marked={"before": x[0], "after": x[-1]},
    )


def _characters(run: Run) -> list[float]:
    """Return where moments stand on a logarithmic axis: "before" left of the others, "after" at the end."""
    during = [row["characters"] for row in run.result["reach"]["during"]]
    result = run.result
    end = result["characters"] / result["best_epoch"] * result["epochs"]
    return [min([*during, end]) / 3, *during, end]


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
