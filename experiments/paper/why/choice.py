"""The rule by which a setting is chosen, committed before the first run of the study.

It reads best dev accuracies and nothing else: no test accuracy, no claim of the paper.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from experiments.paper.why.decay import LEAF_WEIGHTS, Decay
from experiments.paper.why.sentences import Sentences
from experiments.sweep import Run

RESAMPLES = 10_000
CONFIDENCE = 0.95
OF_EACH = 2  # candidates with each kind of leaf matrices

K = TypeVar("K", bound=Hashable)
Accuracies = Mapping[Sentences, Sequence[float]]  # best dev accuracies, in percent


@dataclass(frozen=True)
class Scored(Generic[K]):
    """A setting with its score.

    Attributes
    ----------
    setting : object
    score : float
        Mean over the datasets of the mean best dev accuracy of all runs, in percent. A run that learned
        nothing counts with what it has, and so does a dataset that no setting learns.
    lower, upper : float
        95 % bootstrap interval of it: runs are drawn anew within each dataset.
    """

    setting: K
    score: float
    lower: float
    upper: float

    def overlaps(self, other: Scored[Any]) -> bool:
        """Return whether the two intervals have a point in common."""
        return self.lower <= other.upper and other.lower <= self.upper


def accuracies(runs: Iterable[Run]) -> dict[Sentences, list[float]]:
    """Return the best dev accuracies of runs by their sentences, in percent."""
    found: dict[Sentences, list[float]] = {}
    for run in runs:
        found.setdefault(Sentences.of(run.settings), []).append(100 * run.result["dev_accuracy"])
    return found


def scored(setting: K, *of: Accuracies) -> Scored[K]:
    """Return a setting's score; of several models it is the mean of theirs."""
    rng = np.random.default_rng(0)
    models = [[np.asarray(of_one[on]) for on in sorted(of_one)] for of_one in of]
    score = statistics.fmean(statistics.fmean(map(np.mean, datasets)) for datasets in models)
    resampled = np.mean(
        [
            np.mean([each[rng.integers(len(each), size=(RESAMPLES, len(each)))].mean(1) for each in one], 0)
            for one in models
        ],
        axis=0,
    )
    lower, upper = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Scored(setting, float(score), float(lower), float(upper))


def choose(candidates: Sequence[Scored[K]], simplicity: Callable[[K], int]) -> Scored[K]:
    """Return the simplest of those whose interval overlaps the highest score's; of equals the higher."""
    best = max(candidates, key=lambda one: one.score)
    equal = [one for one in candidates if one.overlaps(best)]
    return min(equal, key=lambda one: (simplicity(one.setting), -one.score))


def candidates(grid: Mapping[Decay, Accuracies], first_run: Decay) -> list[Decay]:
    """Return the cells that are trained with more seeds: the two best of each leaf form, and the first run's.

    Parameters
    ----------
    grid : dict
        Accuracies of all cells.
    first_run : Decay
        Comes last, and is none of the best.
    """
    found: list[Decay] = []
    for leaf_weights in LEAF_WEIGHTS:
        form = [one for one in grid if one.leaf_weights == leaf_weights and one != first_run]
        form.sort(key=lambda one: (-scored(one, grid[one]).score, one.simplicity, one))
        found += form[:OF_EACH]
    return [*found, first_run]
