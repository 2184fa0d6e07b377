"""What is trained: the cells, the minibatches, and a model, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import models
from experiments.bench.mgu import MGU
from models import Forest, TreeClassifier, Vocabulary, random_forest

D = 50
WORDS = 10_001
CLASSES = 10
LEARNING_RATE = 0.05
CELLS = {**models.CELLS, "MGU": MGU}


@dataclass(frozen=True)
class Config:
    """One cell on trees whose numbers of leaves are drawn uniformly from `lengths`, ends included."""

    cell: str
    lengths: tuple[int, int]
    batch: int

    def key(self) -> dict[str, object]:
        """Return the entries that identify this config in a JSON row."""
        return {"cell": self.cell, "lengths": list(self.lengths), "batch": self.batch}


CONFIGS = (
    Config("RLSTM", (1, 100), 10),
    Config("RLSTM", (21, 30), 5),
    Config("RNN", (1, 100), 10),
    Config("RNN", (21, 30), 20),
    Config("MGU", (1, 100), 10),
)


def vocabulary() -> Vocabulary:
    """Return the tokens "0" … "10000"."""
    return Vocabulary(map(str, range(WORDS)))


def minibatches(config: Config, count: int, words: Vocabulary, seed: int = 0) -> list[Forest]:
    """Draw forests of ``config.batch`` trees split at uniform points, with a class at each root."""
    rng = np.random.default_rng(seed)
    low, high = config.lengths
    return [
        random_forest(
            rng,
            rng.integers(low, high + 1, config.batch),
            vocabulary=words,
            labels=rng.integers(CLASSES, size=config.batch),
        )
        for _ in range(count)
    ]


def new_model(cell: str, words: Vocabulary, seed: int = 0) -> TreeClassifier:
    """Return the paper's classifier in float32, the same one for the same seed."""
    rng = np.random.default_rng(seed)
    return TreeClassifier(CELLS[cell](D, rng), words, CLASSES, rng)
