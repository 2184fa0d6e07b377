"""The figures: accuracy by the number of words and by depth, a panel per task, a line per cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.studies.tasks.settings import CELLS, DATASETS
from experiments.studies.tasks.words import CLASSES
from experiments.sweep import Run
from viz import PAGE, Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHANCE = 100 / CLASSES
FEWEST = 30  # test sentences of a run, for a point to be drawn
SHOWN = {  # panels, and what is counted in them
    "sum": "keywords",
    "order": "keywords",
    "negation": "negators",
    "distractors": "distractors",
}
BLIND = "words alone"


def figures(runs: Sequence[Run]) -> Mapping[str, Figure]:
    """Return "by-count" and "by-depth"."""
    return {
        "by-count": _by("by_count", runs, {name: f"{what} in the sentence" for name, what in SHOWN.items()}),
        "by-depth": _by("by_depth", runs, dict.fromkeys(SHOWN, "depth of the deepest keyword")),
    }


def cells_of(runs: Sequence[Run]) -> list[str]:
    """Return the cells of the runs: those of `models.TREE_CELLS` in its order, then others."""
    found = dict.fromkeys(run.settings["cell"] for run in runs)
    return [cell for cell in CELLS if cell in found] + [cell for cell in found if cell not in CELLS]


def group_line(runs: Sequence[Run], groups: str, what: str = "right") -> Line:
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


def _by(groups: str, runs: Sequence[Run], panels: Mapping[str, str]) -> Figure:
    return line_panels(
        [
            LinePanel(
                title=DATASETS[dataset].title,
                lines={cell: group_line(runs_of(runs, dataset, cell), groups) for cell in cells_of(runs)},
                xlabel=xlabel,
                ylabel="test accuracy (%)",
                references=_references(runs, dataset, groups),
                ylim=(0, 103),
            )
            for dataset, xlabel in panels.items()
        ],
        width=PAGE,
    )


def _references(runs: Sequence[Run], dataset: str, groups: str) -> dict[str, float | Line]:
    """Return the line of guessing, and that of the words alone where it is not the perfect score."""
    line = group_line(runs_of(runs, dataset, cells_of(runs)[0]), groups, "blind")
    medians = np.nanmedian(line.runs, axis=0)
    if (medians >= 100).all():
        return {"guessing": CHANCE}
    return {"guessing": CHANCE, BLIND: Line(line.x, [medians.tolist()])}


def runs_of(runs: Sequence[Run], dataset: str, cell: str | None = None) -> list[Run]:
    """Return the runs on a dataset, of one cell or all."""
    return [
        run for run in runs if run.settings["dataset"] == dataset and cell in (None, run.settings["cell"])
    ]
