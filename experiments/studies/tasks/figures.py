"""The figures: accuracy by the number of words and by depth, a panel per task, a line per cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.studies.runs import Runs, by
from experiments.studies.study import Figures
from experiments.studies.tasks.perform import CELLS
from experiments.studies.tasks.words import CLASSES
from viz import PAGE, Line, LinePanel, line_panels

CHANCE = 100 / CLASSES
FEWEST = 30  # test sentences of a run that a point needs to be drawn
SHOWN = {  # panels, and what is counted in them
    "sum": "keywords",
    "order": "keywords",
    "negation": "negators",
    "distractors": "distractors",
}
BLIND = "words alone"


def figures(runs: Runs) -> Figures:
    """Return "by-count" and "by-depth"."""
    counts = {name: f"{what} in the sentence" for name, what in SHOWN.items()}
    return {
        "by-count": line_panels(_panels("by_count", runs, counts), width=PAGE),
        "by-depth": line_panels(
            _panels("by_depth", runs, dict.fromkeys(SHOWN, "depth of the deepest keyword")), width=PAGE
        ),
    }


def title(dataset: str) -> str:
    """Return what figures and tables call a dataset."""
    return "one keyword" if dataset == "keyword" else dataset


def group_line(runs: Runs, groups: str, what: str = "right") -> Line:
    """Return the accuracies in percent of a cell on a dataset, group by group, where there are enough.

    Parameters
    ----------
    runs : sequence of Run
    groups : "by_count" or "by_depth"
    what : "right" or "blind"
    """
    enough = [
        {
            value: 100 * right / n
            for value, n, right in zip(found["value"], found["n"], found[what], strict=True)
            if n >= FEWEST
        }
        for found in (run.result[groups] for run in runs)
    ]
    values = sorted(set().union(*enough))
    return Line(values, [[run.get(value, np.nan) for value in values] for run in enough])


def _panels(groups: str, runs: Runs, xlabels: Mapping[str, str]) -> list[LinePanel]:
    on = by(runs, "dataset")
    return [
        LinePanel(
            title=title(name),
            lines={cell: group_line(own, groups) for cell, own in by(on[name], "cell", CELLS).items()},
            xlabel=xlabel,
            ylabel="test accuracy (%)",
            references=_references(on[name], groups),
            ylim=(0, 103),
        )
        for name, xlabel in xlabels.items()
    ]


def _references(runs: Runs, groups: str) -> dict[str, float | Line]:
    """Return the line of guessing, and that of the words alone unless it is at 100 %."""
    line = group_line(next(iter(by(runs, "cell", CELLS).values())), groups, "blind")
    medians = np.nanmedian(line.runs, axis=0)
    if (medians >= 100).all():
        return {"guessing": CHANCE}
    return {"guessing": CHANCE, BLIND: Line(line.x, [medians.tolist()])}
