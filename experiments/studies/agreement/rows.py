"""The study's runs, by what they were trained on and by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.studies.agreement.settings import CELLS, title
from experiments.sweep import Run
from experiments.sweep.rows import number

LEARNED = 0.95  # dev accuracy from which on a model is said to have learned


def trained_on(runs: Sequence[Run], distances: Sequence[int]) -> dict[str, list[Run]]:
    """Return the runs that were trained on these distances, by their cells' titles; ours come first."""
    found: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (*CELLS, run.settings["cell"]).index(run.settings["cell"])):
        if run.settings["distances"] == list(distances):
            found.setdefault(title(run.settings["cell"]), []).append(run)
    return found


def mixed(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs that were trained on all distances, by cell."""
    most = max((run.settings["distances"] for run in runs), key=len)
    return trained_on(runs, most)


def alone(runs: Sequence[Run]) -> list[int]:
    """Return the distances that were trained on alone, ascending."""
    return sorted({run.settings["distances"][0] for run in runs if len(run.settings["distances"]) == 1})


Columns = Callable[[Run], dict[str, list[float]]]


def before(run: Run) -> dict[str, list[float]]:
    """Return what was measured by distance before training, NaN for what is not known."""
    return _known(run.rows[0]["by_distance"])


def after(run: Run) -> dict[str, list[float]]:
    """Return what was measured by distance after training, NaN for what is not known."""
    return _known(run.result["by_distance"])


def learned_in(run: Run) -> float:
    """Return the first epoch after which a run's dev accuracy is `LEARNED`; NaN if there is none."""
    return next((float(row["epoch"]) for row in run.rows if row["dev_accuracy"] >= LEARNED), np.nan)


def over_epochs(run: Run, name: str) -> list[float]:
    """Return a number of every epoch's row, from epoch 0."""
    return [number(row[name]) for row in run.rows]


def _known(columns: dict[str, list[Any]]) -> dict[str, list[float]]:
    return {name: [number(value) for value in column] for name, column in columns.items()}
