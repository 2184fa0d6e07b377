"""The numbers of each remedy, read from its rows."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.paper.stored import percent
from experiments.studies.remedies.settings import CHAINS, DEEP, REMEDIES
from experiments.studies.runs import Runs, by, fired
from experiments.sweep.rows import number
from experiments.training.summaries import median_at

VANISHING = "vanishing"


@dataclass(frozen=True)
class Found:
    """A remedy's runs.

    Attributes
    ----------
    remedy : str
        One of `REMEDIES`.
    runs : sequence of Run
    """

    remedy: str
    runs: Runs

    @property
    def title(self) -> str:
        """Its name in figures and tables."""
        return REMEDIES[self.remedy].title

    @property
    def kind(self) -> str:
        """What its cell runs over: "trees" or "chains"."""
        return "chains" if REMEDIES[self.remedy].group == CHAINS else "trees"

    @property
    def accuracies(self) -> list[float]:
        """Test accuracy of each run at its best epoch, in percent."""
        return [percent(run.result["test_accuracy"]) for run in self.runs]

    @property
    def accuracy(self) -> float:
        """The median of `accuracies`."""
        return statistics.median(self.accuracies)

    @property
    def loss(self) -> float:
        """The median over the runs of the last epoch's training loss."""
        return statistics.median(run.rows[-1]["loss"] for run in self.runs)

    def ratio(self, epoch: int) -> float:
        """Return the median of the runs' `deep_ratio` in an epoch, −1 for the last; NaN if it has none."""
        found = [deep_ratio(run.rows[epoch]) for run in self.runs if epoch < len(run.rows)]
        known = [ratio for ratio in found if not math.isnan(ratio)]
        return statistics.median(known) if known else math.nan

    def ratio_at(self, depth: int, epoch: int = -1) -> float:
        """Return the median over the runs of the median ratio of keywords at one depth; NaN for none."""
        return median_at((run.rows[epoch]["ratios"] for run in self.runs), depth)

    def middle_depths(self) -> str:
        """Return the quartiles of the keywords' depths as text."""
        ratios = self.runs[0].rows[0]["ratios"]
        low, high = np.quantile(np.repeat(ratios["depth"], ratios["count"]), [0.25, 0.75])
        return f"{low:g} to {high:g}"

    @property
    def fired(self) -> int:
        """The number of runs in which the rule of vanishing fired."""
        return sum(VANISHING in fired(run) for run in self.runs)

    @property
    def epochs_of_alerts(self) -> list[int]:
        """The epochs in which it fired in any run."""
        alerts = [alert for run in self.runs for row in run.rows for alert in row["alerts"]]
        return sorted({alert["epoch"] for alert in alerts if alert["rule"] == VANISHING})

    @property
    def fired_trained(self) -> int:
        """The number of runs in which it fired over the trained model."""
        return sum(run.result["trained"]["alerts"] > 0 for run in self.runs)


def found(runs: Runs) -> dict[str, Found]:
    """Return the remedies that have runs, in the order of `REMEDIES`."""
    return {name: Found(name, of) for name, of in by(runs, "remedy", REMEDIES).items()}


def deep_count(row: dict[str, Any]) -> int:
    """Return how many trees have their keyword at depth 8 or below, of an epoch's row."""
    ratios = row["ratios"]
    return sum(n for depth, n in zip(ratios["depth"], ratios["count"], strict=True) if depth >= DEEP)


def deep_ratio(row: dict[str, Any]) -> float:
    """Return the median ratio of keywords at depth 8 and below, of an epoch's row; NaN for none."""
    return number(row["ratios"]["median_from_8"])
