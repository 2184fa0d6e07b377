"""The study's figures: what is accepted against n, and the traces of the cells, as in Weiss et al. (2018)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

import models
from experiments.studies.count.task import LANGUAGES, WRITTEN
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 50  # points of a line
ROOM = 0.35  # above the traces, of their range, for the names of the marks


def figures(runs: Sequence[Run]) -> Mapping[str, Figure]:
    """Return the figures, by the names of their files; none without runs."""
    if not runs:
        return {}
    return {
        "count": line_panels([_accepted(runs, language) for language in languages_of(runs)]),
        "traces": line_panels(
            [
                _traced(longest_reach(of(runs, cell, language)))
                for cell in cells_of(runs)
                for language in languages_of(runs)
            ]
        ),
    }


def of(runs: Sequence[Run], cell: str, language: str) -> list[Run]:
    """Return the runs of a cell on a language."""
    return [run for run in runs if (run.settings["cell"], run.settings["language"]) == (cell, language)]


def cells_of(runs: Iterable[Run]) -> list[str]:
    """Return the cells, LSTM before GRU before others."""
    found = dict.fromkeys(run.settings["cell"] for run in runs)
    return sorted(found, key=lambda cell: {"LSTM": 0, "GRU": 1}.get(cell, 2))


def languages_of(runs: Iterable[Run]) -> list[str]:
    """Return the languages, the simpler first."""
    found = {run.settings["language"] for run in runs}
    return [language for language in LANGUAGES if language in found]


def longest_reach(runs: Sequence[Run]) -> Run:
    """Return the run that accepts all strings up to the largest n; of equals the first."""
    return max(runs, key=lambda run: run.result["reach"])


def shares(run: Run) -> tuple[list[float], list[float]]:
    """Return the fractions of strings accepted, and the mean n of the strings, in bins of n."""
    accepts = np.array([int(digit) for digit in run.result["accepted"]])
    counts = np.arange(1, len(accepts) + 1)
    pieces = np.array_split(np.arange(len(accepts)), min(BINS, len(accepts)))
    return [float(accepts[k].mean()) for k in pieces], [float(counts[k].mean()) for k in pieces]


def _accepted(runs: Sequence[Run], language: str) -> LinePanel:
    """Return the panel of what is accepted of one language."""
    lines = {}
    for cell in cells_of(runs):
        if own := of(runs, cell, language):
            lines[cell] = Line(shares(own[0])[1], [shares(run)[0] for run in own])
    return LinePanel(
        WRITTEN[language],
        lines,
        "n",
        "fraction of strings accepted",
        xlim=(0, 1.15 * max(_last(run) for run in runs if run.settings["language"] == language)),
        ylim=(-0.03, 1.05),
        marked={"training ends": runs[0].settings["longest"]},
    )


def _last(run: Run) -> int:
    """Return the largest n that was accepted or trained on."""
    return max(run.settings["longest"], run.result["accepted"].rfind("1") + 1)


def _traced(run: Run) -> LinePanel:
    """Return the panel of what a run's cell holds while it reads one string."""
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
    """Return what is traced of a cell, as its equations call it."""
    part = models.cell(cell)(2, np.random.default_rng(0)).parts[-1].name
    return f"${part}_t$"


def _raised(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
