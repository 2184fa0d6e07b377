"""The settings of a run, and the runs that the study is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.studies.count.task import LANGUAGES
from experiments.studies.fit import TrainingSettings, streams

CELLS = ("LSTM", "GRU")
SCALES: dict[str, dict[str, Any]] = {
    "paper": {"longest": 50, "tested": 500, "traced": 100, "size": 1_000, "max_epochs": 20},
    "smoke": {"longest": 10, "tested": 40, "traced": 20, "size": 400, "max_epochs": 8},
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """The settings of a run.

    Those that do not depend on the scale were chosen in small trials, on strings of the training's lengths,
    with seeds that no stored run has.

    Attributes
    ----------
    language : "ab" or "abc"
    cell : str
        As `models.cell` takes it.
    longest : int
        n of the longest strings that are trained on.
    tested : int
        n of the longest strings that are tested; all shorter ones are too.
    traced : int
        n of the strings whose traces are drawn.
    size : int
        Number of strings in an epoch.
    max_epochs : int
    clip : float
        Largest norm of all gradients together.
    word_bound : float
        Of U(±bound), for the vectors of the letters.
    """

    study: str = "count"
    language: str
    cell: str
    longest: int
    tested: int
    traced: int
    D: int = 10
    size: int
    max_epochs: int
    lr: float = 0.01
    clip: float = 1.0
    batch: int = 10
    word_bound: float = 1.0


def grid(
    scale: str, seed: int, run: int, cells: Sequence[str] = CELLS
) -> Iterator[tuple[str, Settings, int]]:
    """Yield every cell on every language; each run has data of its own, the same for all cells."""
    for number, language in enumerate(LANGUAGES):
        for cell in cells:
            settings = Settings(
                language=language,
                cell=cell,
                run=run,
                seed=seed,
                seeds=streams(seed, 202, number, run),
                **SCALES[scale],
            )
            work = settings.size * len(language) * (settings.longest + 1)  # twice half of that
            yield f"{language}/{cell}", settings, work
