"""Finished runs by what they are, for figures and summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.sweep import Run


def of_part(runs: Sequence[Run], part: str) -> list[Run]:
    """Return the runs of "bound", "eigenvalues" or "trained"."""
    return [run for run in runs if run.settings["part"] == part]


def chosen(runs: Sequence[Run], **settings: Any) -> list[Run]:
    """Return the runs with these settings."""
    return [run for run in runs if all(run.settings[name] == value for name, value in settings.items())]


def values(runs: Sequence[Run], name: str) -> list[Any]:
    """Return the values of a setting that these runs have, each once, in order."""
    return sorted({run.settings[name] for run in runs})


def curves(runs: Sequence[Run], sharing: str) -> np.ndarray:
    """Return the gradients of runs without training by distance, (runs, steps + 1)."""
    return np.array([run.result[sharing]["gradient"] for run in runs])


def at_epoch(runs: Sequence[Run], epoch: int) -> list[dict[str, Any]]:
    """Return the runs' rows of an epoch."""
    return [next(row for row in run.rows if row["epoch"] == epoch) for run in runs]
