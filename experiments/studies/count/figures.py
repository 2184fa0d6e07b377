"""The study's figures: what is accepted against n, and the traces of the cells, as in Weiss et al. (2018)."""

from __future__ import annotations

import numpy as np

import models
from experiments.studies.count.perform import CELLS
from experiments.studies.count.task import LANGUAGES, WRITTEN
from experiments.studies.runs import Runs, by, chosen
from experiments.studies.study import Figures
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

BINS = 50  # points of a line
ROOM = 0.35  # of the traces' range, above them, for the names of the marks


def figures(runs: Runs) -> Figures:
    """Return "count" and "traces"."""
    of_language = by(runs, "language", LANGUAGES)
    traced = [
        chosen(own, language=language) for own in by(runs, "cell", CELLS).values() for language in of_language
    ]
    return {
        "count": line_panels([_accepted(own, language) for language, own in of_language.items()]),
        "traces": line_panels([_traced(longest_reach(own)) for own in traced]),
    }


def longest_reach(runs: Runs) -> Run:
    """Return the run that accepts all strings up to the largest n; the first of several."""
    return max(runs, key=lambda run: run.result["reach"])


def shares(run: Run) -> tuple[list[float], list[float]]:
    """Return the fractions of strings accepted, and the mean n of the strings, in bins of n."""
    accepts = np.array([int(digit) for digit in run.result["accepted"]])
    counts = np.arange(1, len(accepts) + 1)
    pieces = np.array_split(np.arange(len(accepts)), min(BINS, len(accepts)))
    return [float(accepts[k].mean()) for k in pieces], [float(counts[k].mean()) for k in pieces]


def _accepted(runs: Runs, language: str) -> LinePanel:
    """Return the panel of the strings of one language that are accepted."""
    return LinePanel(
        WRITTEN[language],
        {
            cell: Line(shares(own[0])[1], [shares(run)[0] for run in own])
            for cell, own in by(runs, "cell", CELLS).items()
        },
        "n",
        "fraction of strings accepted",
        xlim=(0, 1.15 * max(map(_last, runs))),
        ylim=(-0.03, 1.05),
        marked={"training ends": runs[0].settings["longest"]},
    )


def _last(run: Run) -> int:
    """Return the largest n that was accepted or trained on."""
    return max(run.settings["longest"], run.result["accepted"].rfind("1") + 1)


def _traced(run: Run) -> LinePanel:
    """Return the panel of a run's trace."""
    settings = run.settings
    held = np.array(run.result["trace"])
    language, n, span = settings["language"], settings["traced"], float(np.ptp(held)) or 1.0
    text = "".join(f"{letter}{_raised(n)}" for letter in language)
    return LinePanel(
        f"{settings['cell']} on {text}",
        {
            f"unit {unit}": Line(range(1, len(held) + 1), [line.tolist()])
            for unit, line in enumerate(held.T, 1)
        },
        "position",
        _symbol(settings["cell"]),
        ylim=(held.min() - 0.05 * span, held.max() + ROOM * span),
        marked={f"first {letter}": n * k + 1 for k, letter in enumerate(language) if k},
    )


def _symbol(cell: str) -> str:
    """Return the symbol of what is traced of a cell, as in its equations."""
    part = models.cell(cell)(2, np.random.default_rng(0)).parts[-1].name
    return f"${part}_t$"


def _raised(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
