"""The datasets, and what a run is: everything that determines its rows, in one flat dict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import models
from experiments.sweep import Job
from experiments.sweep.job import changed

Settings = dict[str, Any]

PERFORM = "experiments.studies.tasks.run:perform"
CELLS = tuple(models.TREE_CELLS)


@dataclass(frozen=True)
class Dataset:
    """A task at one setting.

    Attributes
    ----------
    task : str
        One of `generate.TASKS`.
    rate : float or None
        Of distractors, for the task that has them.
    title : str
        What figures and tables call it.
    """

    task: str
    rate: float | None
    title: str


RATE = 0.5  # of distractors, if nobody says otherwise
DATASETS = {
    "keyword": Dataset("distractors", 0.0, "one keyword"),  # the paper's task
    "sum": Dataset("sum", None, "sum"),
    "order": Dataset("order", None, "order"),
    "negation": Dataset("negation", None, "negation"),
    "distractors": Dataset("distractors", RATE, "distractors"),
}

LENGTHS = (5, 15)
# Chosen on dev, on data and seeds of their own, with TreeLSTM and RNN; the same for every cell.
TRAINING = {"D": 32, "word_bound": 0.1, "optimizer": "adam", "lr": 5e-3, "batch": 20}
ENOUGH = 0.995  # dev accuracy at which training ends


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    sizes : dict
        Number of sentences in train, dev and test.
    max_epochs, patience : int
    runs : int
        Runs of each cell on each task.
    """

    sizes: dict[str, int]
    max_epochs: int
    patience: int
    runs: int


SCALES = {
    "paper": Scale({"train": 6_000, "dev": 1_000, "test": 2_000}, max_epochs=20, patience=8, runs=3),
    "smoke": Scale({"train": 600, "dev": 200, "test": 400}, max_epochs=2, patience=2, runs=1),
}

CODE = 201  # where the seeds of this study begin
STREAMS = {"data": 0, "model": 1, "order": 2}


def run_settings(dataset: str, cell: str, run: int, *, scale: Scale, seed: int, **changes: Any) -> Settings:
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    dataset : str
        One of `DATASETS`.
    cell : str
        As `models.cell` takes it.
    run : int
        From 1. The same run of all cells has the same sentences; another run has others.
    scale : Scale
    seed : int
    **changes
        Other values than these.
    """
    number = list(DATASETS).index(dataset)
    settings: Settings = {
        "study": "tasks",
        "dataset": dataset,
        "task": DATASETS[dataset].task,
        "rate": DATASETS[dataset].rate,
        "cell": cell,
        "run": run,
        "seed": seed,
        "seeds": {
            name: [seed, CODE, 0 if stream else number, run, stream] for name, stream in STREAMS.items()
        },
        "sizes": dict(scale.sizes),
        "lengths": list(LENGTHS),
        **TRAINING,
        "max_epochs": scale.max_epochs,
        "patience": scale.patience,
        "enough": ENOUGH,
        "mode": "compiled",
    }
    return changed(settings, changes)


def jobs(
    scale: str, seed: int, runs: int | None, cells: Sequence[str] = CELLS, rate: float = RATE
) -> Iterator[Job]:
    """Yield the runs of the study.

    Parameters
    ----------
    scale : "smoke" or "paper"
    seed : int
    runs : int or None
        Runs of each cell on each dataset; None: as many as the scale has.
    cells : sequence of str
    rate : float
        Of distractors, in the dataset that has them.
    """
    size = SCALES[scale]
    for dataset in DATASETS:
        changes = {"rate": rate} if dataset == "distractors" else {}
        for cell in cells:
            for run in range(1, (runs or size.runs) + 1):
                settings = run_settings(dataset, cell, run, scale=size, seed=seed, **changes)
                name = cell.replace(":", ".")  # of one's own, package.module:Class
                yield Job(f"tasks/{dataset}/{name}/{run}", settings, _work(settings), PERFORM)


def _work(settings: Settings) -> int:
    """Return about how many tree nodes an epoch trains on: a tree of n words has 2n − 1."""
    shortest, longest = settings["lengths"]
    return int(settings["sizes"]["train"] * (shortest + longest - 1))
