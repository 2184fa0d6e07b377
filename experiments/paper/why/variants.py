"""What is tried around the best cell: single changes, and settings drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.paper.settings import MODELS
from experiments.paper.why.decay import LEAF_WEIGHTS

# What the paper leaves open or says makes no difference, beside L2 and the matrices of leaves.
SINGLE: Mapping[str, Mapping[str, Any]] = {
    "init-glorot": {"init": "glorot"},
    "init-uniform_0.1": {"init": "uniform_0.1"},
    "first_step-sgd": {"first_step": "sgd"},
    "eps-1e-4": {"eps": 1e-4},
    "lr-0.01": {"lr": 0.01},
    "patience-15": {"patience": 15},
    "shuffle-once": {"shuffle": "once"},
    "classifier-0": {"l2_classifier": 0.0},
}

SEARCH = 103  # its number in the generators' seeds
NO_L2 = 0.25  # the share of draws with none on words, likewise on cell and on classifier
# Bounds of what is drawn evenly on a logarithmic scale
L2 = (1e-6, 1e-2)
RATE = (0.005, 0.2)


def drawn(model: str, number: int, seed: int) -> dict[str, Any]:
    """Return the settings of a random draw, with two significant digits.

    Parameters
    ----------
    model : "RNN" or "RLSTM"
    number : int
        Of the draw, from 1.
    seed : int
    """
    rng = np.random.default_rng([seed, SEARCH, MODELS.index(model), number])

    def between(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    def penalty() -> float:
        none, value = rng.random() < NO_L2, between(*L2)
        return 0.0 if none else value

    def one_of(values: Sequence[Any]) -> Any:
        return values[int(rng.integers(len(values)))]

    return {
        "l2_words": penalty(),
        "l2": penalty(),
        "l2_classifier": penalty(),
        "lr": between(*RATE),
        "leaf_weights": one_of(LEAF_WEIGHTS),
        "init": one_of(("fan_in", "glorot", "uniform_0.1")),
        "first_step": one_of(("adagrad", "sgd")),
        "eps": one_of((1e-10, 1e-4)),
        "shuffle": one_of(("every_epoch", "once")),
    }
