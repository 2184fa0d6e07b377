"""The study's runs, by what they were trained on and by cell, and what was measured of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.studies.agreement.perform import CELLS
from experiments.studies.runs import Runs, by, chosen
from experiments.sweep import Run
from experiments.sweep.rows import number
from models import cell as cell_class
from models.cells import is_chain_cell

LEARNED = 0.95  # dev accuracy at which a model counts as having learned

Cells = Mapping[str, Runs]
Columns = Callable[[Run], dict[str, list[float]]]


def trained_on(runs: Runs, distances: Sequence[int]) -> Cells:
    """Return the runs that were trained on these distances, by the titles of their cells."""
    found = by(chosen(runs, distances=list(distances)), "cell", CELLS)
    return {title(cell): members for cell, members in found.items()}


def title(cell: str) -> str:
    """Return the name of a cell in figures, which says if it runs over trees."""
    return cell if is_chain_cell(cell_class(cell)) else f"{cell} over trees"


def mixed(runs: Runs) -> Cells:
    """Return the runs that were trained on all distances, by cell."""
    return trained_on(runs, max((run.settings["distances"] for run in runs), key=len))


def alone(runs: Runs) -> list[int]:
    """Return the distances that were trained on alone, ascending."""
    return sorted({run.settings["distances"][0] for run in runs if len(run.settings["distances"]) == 1})


def before(run: Run) -> dict[str, list[float]]:
    """Return what was measured by distance before training, with NaN for unknown values."""
    return _known(run.rows[0]["by_distance"])


def after(run: Run) -> dict[str, list[float]]:
    """Return what was measured by distance after training, with NaN for unknown values."""
    return _known(run.result["by_distance"])


def medians(cells: Cells, measured: Columns, name: str, k: int) -> dict[str, float]:
    """Return by cell the median of the runs' k-th number in a column of what was `measured`."""
    return {cell: statistics.median(measured(run)[name][k] for run in runs) for cell, runs in cells.items()}


def learned_in(run: Run) -> float:
    """Return the first epoch after which a run's dev accuracy is `LEARNED`; NaN if there is none."""
    return next((float(row["epoch"]) for row in run.rows if row["dev_accuracy"] >= LEARNED), np.nan)


def _known(columns: dict[str, list[Any]]) -> dict[str, list[float]]:
    return {name: [number(value) for value in column] for name, column in columns.items()}
