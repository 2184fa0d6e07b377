"""Numbers that several criteria need, and their format."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from experiments.paper.stored import Stored
from experiments.sweep.wording import in_range

# A run has to exceed this on 1,000 test trees to be better than guessing: the 99 % bound of 10 %.
CHANCE_BOUND = 12.3


def length_name(dataset: int) -> str:
    """Return the sentence lengths of Experiment 1's dataset: "21–30"."""
    return f"{10 * dataset - 9}–{10 * dataset}"


def depth_name(dataset: int) -> str:
    """Return the keyword depths of Experiment 2's dataset: "2–3"."""
    return f"{dataset}–{dataset + 1}"


NAMES = {"length": length_name, "depth": depth_name}


class Accuracies:
    """Test accuracies in percent of one model on some datasets of an experiment."""

    def __init__(self, rows: Stored, experiment: str, model: str, datasets: Iterable[int]) -> None:
        self.runs = {i: rows.accuracies(experiment, i, model) for i in datasets}
        self._name = NAMES[experiment]

    @property
    def best(self) -> dict[int, float]:
        """B by dataset."""
        return {i: max(values) for i, values in self.runs.items()}

    @property
    def median(self) -> dict[int, float]:
        """M by dataset."""
        return {i: float(np.median(values)) for i, values in self.runs.items()}

    def text(self, shown: dict[int, float]) -> str:
        """Return the number of each dataset, with its lowest and highest run, as text."""
        return ", ".join(
            f"{self._name(i)}: {in_range(shown[i], values, '{:.1f}', '…')}" for i, values in self.runs.items()
        )


def difference(a: float, b: float) -> float:
    """Return a − b of two percentages, rounded."""
    return round(a - b, 6)


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Return Spearman's rank correlation; ties get their mean rank.

    NaN, which passes no criterion, where there is none: fewer than three points, all x or all y
    equal, or a NaN among them.
    """
    from scipy.stats import spearmanr

    if len(x) < 3 or len(set(x)) == 1 or len(set(y)) == 1 or any(map(math.isnan, [*x, *y])):
        return math.nan
    return round(float(spearmanr(x, y).statistic), 9)  # 0.9 is not below 0.9


def correlations(values: Iterable[float]) -> str:
    """Return correlations as text."""
    return " ".join("undefined" if math.isnan(value) else f"{value:.2f}" for value in values)


def ratios(values: Iterable[float]) -> str:
    """Return gradient ratios as text, three significant digits each."""
    return " ".join("none" if math.isnan(value) else f"{value:.3g}" for value in values)


def in_share(passing: int, total: int, share: tuple[int, int]) -> bool:
    """Whether `passing` of `total` is at least a share, such as (4, 5); False if the total is 0."""
    return total > 0 and passing * share[1] >= share[0] * total


def in_shares(passing: int, total: int, holds: tuple[int, int], partly: tuple[int, int]) -> tuple[bool, bool]:
    """Whether enough pass for a claim to hold, and to hold partly, as in `in_share`."""
    return in_share(passing, total, holds), in_share(passing, total, partly)
