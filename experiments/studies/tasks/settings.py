"""The datasets, the settings of a run, and the runs that the study is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import models
from experiments.studies.fit import TrainingSettings

CELLS = tuple(models.TREE_CELLS)
RATE = 0.5  # of distractors, if nobody says otherwise


@dataclass(frozen=True)
class Dataset:
    """A task at one setting.

    Attributes
    ----------
    task : str
        One of `generate.TASKS`.
    title : str
        What figures and tables call it.
    rate : float or None
        Of distractors, for the task that has them.
    """

    task: str
    title: str
    rate: float | None = None


DATASETS = {
    "keyword": Dataset("distractors", "one keyword", 0.0),  # the paper's task
    "sum": Dataset("sum", "sum"),
    "order": Dataset("order", "order"),
    "negation": Dataset("negation", "negation"),
    "distractors": Dataset("distractors", "distractors", RATE),
}
SCALES: dict[str, dict[str, Any]] = {
    "paper": {"sizes": {"train": 6_000, "dev": 1_000, "test": 2_000}, "max_epochs": 20, "patience": 8},
    "smoke": {"sizes": {"train": 600, "dev": 200, "test": 400}, "max_epochs": 2, "patience": 2},
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """The settings of a run.

    Those of training were chosen on dev, on data and seeds of their own, with TreeLSTM and RNN; they are the
    same for every cell.

    Attributes
    ----------
    dataset : str
        One of `DATASETS`.
    task, rate
        As in `Dataset`.
    cell : str
        As `models.cell` takes it.
    sizes : dict
        Number of sentences in train, dev and test.
    lengths : (int, int)
        Words of the shortest and the longest sentence.
    word_bound : float
        Of U(±bound), for the word vectors.
    max_epochs, patience : int
    enough : float
        Dev accuracy at which training ends.
    """

    study: str = "tasks"
    dataset: str
    task: str
    rate: float | None
    cell: str
    sizes: dict[str, int]
    lengths: tuple[int, int] = (5, 15)
    D: int = 32
    word_bound: float = 0.1
    lr: float = 5e-3
    batch: int = 20
    max_epochs: int
    patience: int
    enough: float = 0.995


def grid(
    scale: str, seed: int, run: int, cells: Sequence[str] = CELLS, rate: float = RATE
) -> Iterator[tuple[str, Settings, int]]:
    """Yield every cell on every dataset, with distractors of a rate in the dataset that has them.

    The same run of all cells has the same sentences; another run has others.
    """
    for number, (name, dataset) in enumerate(DATASETS.items()):
        for cell in cells:
            settings = Settings(
                dataset=name,
                task=dataset.task,
                rate=rate if name == "distractors" else dataset.rate,
                cell=cell,
                run=run,
                seed=seed,
                seeds={
                    "data": (seed, 201, number, run, 0),
                    "model": (seed, 201, 0, run, 1),
                    "order": (seed, 201, 0, run, 2),
                },
                **SCALES[scale],
            )
            # A tree of n words has 2n − 1 nodes.
            yield f"{name}/{cell}", settings, settings.sizes["train"] * (sum(settings.lengths) - 1)
