"""The study's settings, and the runs that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.studies.count.task import LANGUAGES
from experiments.sweep import Job
from experiments.sweep.job import changed

CELLS = ("LSTM", "GRU")
CODE = 202  # where the study's seeds begin
STREAMS = {"data": 0, "model": 1, "order": 2}

# Chosen in small trials, on strings of the training's lengths, with seeds that no stored run has.
CHOSEN: dict[str, Any] = {
    "optimizer": "adam",
    "lr": 0.01,
    "clip": 1.0,  # norm of all gradients
    "batch": 10,
    "word_bound": 1.0,  # of U(±bound), for the vectors of the letters
    "mode": "compiled",
}


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    longest : int
        n of the longest strings that are trained on.
    tested : int
        n of the longest strings that are tested; all shorter ones are too.
    traced : int
        n of the strings whose traces are drawn.
    D : int
    size : int
        Number of strings in an epoch.
    max_epochs, runs : int
        Runs of each cell on each language.
    """

    longest: int
    tested: int
    traced: int
    D: int
    size: int
    max_epochs: int
    runs: int


SCALES = {
    "paper": Scale(longest=50, tested=500, traced=100, D=10, size=1_000, max_epochs=20, runs=3),
    "smoke": Scale(longest=10, tested=40, traced=20, D=10, size=400, max_epochs=8, runs=2),
}


def run_settings(
    language: str, cell: str, run: int, *, scale: Scale, seed: int, **changes: Any
) -> dict[str, Any]:
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    language : "ab" or "abc"
    cell : str
        As `models.cell` takes it.
    run : int
        From 1; each has data of its own, the same for all cells.
    scale : Scale
    seed : int
    **changes
        Settings other than the study's.
    """
    code = LANGUAGES.index(language)
    settings: dict[str, Any] = {
        "study": "count",
        "language": language,
        "cell": cell,
        "run": run,
        "seed": seed,
        "seeds": {name: [seed, CODE, code, run, stream] for name, stream in STREAMS.items()},
        "longest": scale.longest,
        "tested": scale.tested,
        "traced": scale.traced,
        "D": scale.D,
        "size": scale.size,
        "max_epochs": scale.max_epochs,
        **CHOSEN,
    }
    return changed(settings, changes)


def jobs(scale: str, seed: int, runs: int | None, cells: Sequence[str] = CELLS) -> Iterator[Job]:
    """Yield the runs.

    Parameters
    ----------
    scale : "smoke" or "paper"
    seed : int
    runs : int or None
        Of each cell on each language, if not as many as the scale has.
    cells : sequence of str
    """
    size = SCALES[scale]
    for language in LANGUAGES:
        for cell in cells:
            for run in range(1, (runs or size.runs) + 1):
                yield Job(
                    f"count/{language}/{cell.replace(':', '.')}/{run}",
                    run_settings(language, cell, run, scale=size, seed=seed),
                    work=size.size * len(language) * (size.longest + 1),  # twice half of that
                    perform="experiments.studies.count.run:perform",
                )
