"""How often a model learns the task at all, and how well where it does: all stored runs, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from experiments.paper.criteria.numbers import depth_name, length_name
from experiments.paper.settings import DATASETS
from experiments.paper.stored import Stored, percent, write_table
from experiments.sweep import Run, wording
from experiments.training.proportion import wilson

FILE = "success.md"
SUCCESS = 50.0  # percent of test from which a run has learned the task
NAMES: dict[str, Callable[[int], str]] = {
    "length": lambda dataset: f"{length_name(dataset)} tokens",
    "depth": lambda dataset: f"keyword depth {depth_name(dataset)}",
}
HEAD = """\
| sentences | cell | runs that succeeded | interval of the proportion, % | their test accuracy, % |
|---|---|---:|---:|---:|"""


def write(runs: Iterable[Run], out: Path) -> str:
    """Write the table of a folder's runs beside them, and return it; nothing without runs."""
    return write_table(table, runs, out / FILE)


def table(stored: Stored) -> str:
    """Return, as Markdown, the runs with at least 50 % of test, Wilson's interval, and their accuracies."""
    lines = []
    for experiment, name in NAMES.items():
        for dataset in DATASETS:
            for cell in stored.cells:
                found = [
                    percent(run.result["test_accuracy"]) for run in stored.found(experiment, dataset, cell)
                ]
                if found:
                    lines.append([name(dataset), cell, *_told(found)])
    if not lines:
        return ""
    legend = (
        f"A run has succeeded with at least {SUCCESS:g} % of test. Intervals are Wilson's, 95 %; accuracies "
        "are median and range of the runs that succeeded."
    )
    return f"{wording.table(HEAD, lines)}\n\n{legend}\n"


def _told(accuracies: list[float]) -> list[str]:
    good = [accuracy for accuracy in accuracies if accuracy >= SUCCESS]
    lower, upper = wilson(len(good), len(accuracies))
    return [
        f"{len(good)} of {len(accuracies)}",
        f"{100 * lower:.0f}–{100 * upper:.0f}",
        wording.median_range(good, "{:.1f}", "–") if good else "–",
    ]
