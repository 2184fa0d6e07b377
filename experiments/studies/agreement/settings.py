"""The settings of a run: everything that determines its rows, in one flat dict; and the runs of the study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.sweep import Job
from models import cell as cell_class
from models.cells import is_chain_cell

Settings = dict[str, Any]

NAME = "agreement"
CELLS = ("Elman", "LSTM", "GRU", "RNN", "RLSTM")  # the last two over random trees of the same sentences
LONGEST = 20  # words between subject and verb
MIXED = "mixed"  # trained on all distances from 1 to the longest; otherwise on one alone

SHARED: Settings = {
    "D": 50,
    "optimizer": "adam",
    "lr": 0.001,
    "clip": 1.0,  # of the gradient's norm over all parameters
    "batch": 20,
    "words": 0.1,  # word vectors start from U(±0.1)
    "shape": "uniform_split",
}
CODE = 6  # where the study's seeds begin


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    alone : tuple of int
        Distances that models are trained on alone.
    sizes : dict
        Number of sentences in train, dev and test; of test in each distance.
    max_epochs : int
        All of them are run: nobody stops early while a model still guesses.
    runs : int
        Of each cell on each dataset.
    """

    alone: tuple[int, ...]
    sizes: dict[str, int]
    max_epochs: int
    runs: int


SCALES = {
    "paper": Scale(alone=(1, 10, 20), sizes={"train": 5_000, "dev": 500, "test": 200}, max_epochs=15, runs=3),
    "smoke": Scale(alone=(2, 20), sizes={"train": 500, "dev": 100, "test": 40}, max_epochs=3, runs=1),
}


def run_settings(cell: str, alone: int | None, run: int, *, scale: Scale, seed: int) -> Settings:
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    cell : str
        As `models.cell` takes it.
    alone : int or None
        The one distance that is trained on; None for all.
    run : int
        From 1. All runs and cells have the same data; all datasets, the same initial weights.
    scale : Scale
    seed : int
    """
    return {
        "experiment": NAME,
        "cell": cell,
        "distances": list(range(1, LONGEST + 1)) if alone is None else [alone],
        "run": run,
        "seed": seed,
        "seeds": {
            "data": [seed, CODE, 0, alone or 0],
            "model": [seed, CODE, 1, run],
            "order": [seed, CODE, 2, alone or 0, run],
        },
        "sizes": dict(scale.sizes),
        **SHARED,
        "max_epochs": scale.max_epochs,
        "mode": "compiled",
    }


def jobs(scale: str, seed: int, runs: int | None, cells: Sequence[str] = CELLS) -> Iterator[Job]:
    """Yield the runs of the study.

    Parameters
    ----------
    scale : "smoke" or "paper"
    seed : int
    runs : int, optional
        Of each cell on each dataset, if not as many as the scale has.
    cells : sequence of str
        As `models.cell` takes them.
    """
    size = SCALES[scale]
    for alone in (None, *size.alone):
        for cell in cells:
            for run in range(1, (runs or size.runs) + 1):
                settings = run_settings(cell, alone, run, scale=size, seed=seed)
                dataset = MIXED if alone is None else f"alone/{alone:02}"
                name = f"{NAME}/{dataset}/{cell.replace(':', '.')}/{run}"
                yield Job(name, settings, _work(settings), "experiments.studies.agreement.run:perform")


def title(cell: str) -> str:
    """Return what figures call a cell: it says so if it runs over trees."""
    return cell if is_chain_cell(cell_class(cell)) else f"{cell} over trees"


def _work(settings: Settings) -> int:
    """Return about how many tree nodes an epoch trains on: a tree of n words has 2n − 1, a chain 2n + 1."""
    distances = settings["distances"]
    return settings["sizes"]["train"] * (2 * sum(distances) // len(distances) + 1)
