"""The settings of a run, and the runs that the study is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.studies.fit import TrainingSettings

CELLS = ("Elman", "LSTM", "GRU", "RNN", "RLSTM")  # the last two over random trees of the same sentences
LONGEST = 20  # words between subject and verb
ALONE = {"paper": (1, 10, 20), "smoke": (2, 20)}  # distances that models are trained on alone
SCALES: dict[str, dict[str, Any]] = {
    # All epochs are run: nobody stops early while a model still guesses.
    "paper": {"sizes": {"train": 5_000, "dev": 500, "test": 200}, "max_epochs": 15},
    "smoke": {"sizes": {"train": 500, "dev": 100, "test": 40}, "max_epochs": 3},
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """The settings of a run.

    Attributes
    ----------
    cell : str
        As `models.cell` takes it.
    distances : tuple of int
        Those that are trained on.
    sizes : dict
        Number of sentences in train, dev and test; of test in each distance.
    clip : float
        Largest norm of all gradients together.
    words : float
        Of U(±words), which word vectors start from.
    shape : str
        Of the trees.
    max_epochs : int
    """

    experiment: str = "agreement"
    cell: str
    distances: tuple[int, ...]
    sizes: dict[str, int]
    D: int = 50
    lr: float = 0.001
    clip: float = 1.0
    batch: int = 20
    words: float = 0.1
    shape: str = "uniform_split"
    max_epochs: int


def grid(
    scale: str, seed: int, run: int, cells: Sequence[str] = CELLS
) -> Iterator[tuple[str, Settings, int]]:
    """Yield every cell, trained on all distances and on some alone.

    All runs and cells have the same data; all datasets, the same initial weights.
    """
    for alone in (0, *ALONE[scale]):
        distances = (alone,) if alone else tuple(range(1, LONGEST + 1))
        for cell in cells:
            settings = Settings(
                cell=cell,
                distances=distances,
                run=run,
                seed=seed,
                seeds={
                    "data": (seed, 6, 0, alone),
                    "model": (seed, 6, 1, run),
                    "order": (seed, 6, 2, alone, run),
                },
                **SCALES[scale],
            )
            # A tree of n words has 2n − 1 nodes, a chain 2n + 1.
            work = settings.sizes["train"] * (2 * sum(distances) // len(distances) + 1)
            yield f"{f'alone/{alone:02}' if alone else 'mixed'}/{cell}", settings, work
