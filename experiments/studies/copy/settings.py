"""The settings of a run, and the runs that the study is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.studies.copy.task import positions
from experiments.studies.fit import TrainingSettings, streams

CELLS = ("Elman", "LSTM", "GRU")
DELAYS = {"paper": (10, 30, 50, 100), "smoke": (2, 5)}
SCALES: dict[str, dict[str, Any]] = {
    "paper": {
        "remembered": 5, "D": 64, "sizes": {"train": 4_000, "dev": 200, "test": 1_000}, "max_epochs": 20,
    },
    "smoke": {"remembered": 2, "D": 16, "sizes": {"train": 400, "dev": 100, "test": 100}, "max_epochs": 15},
}  # fmt: skip
OF_CELL: dict[str, dict[str, Any]] = {"Elman": {"lr": 0.001}, "LSTM": {"lr": 0.01, "word_bound": 2.0}}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """The settings of a run.

    Those that do not depend on the scale were chosen in small trials, on sequences that no stored run has:
    for LSTM and GRU at a delay of 100, for Elman networks at 10 and 30.

    Attributes
    ----------
    cell : str
        As `models.cell` takes it.
    delay : int
        T.
    symbols, remembered : int
        S and K.
    sizes : dict
        Number of sequences in train, dev and test.
    max_epochs : int
    clip : float
        Largest norm of all gradients together.
    word_bound : float
        Of U(±bound), for the vectors of symbols, blank and sign.
    gate_init, elman_init : str
        See `initial.new_model`.
    patience : int
        Epochs without a lower loss on dev.
    enough : float
        Fraction of dev's symbols said right at which training ends.
    """

    study: str = "copy"
    cell: str
    delay: int
    symbols: int = 2
    remembered: int
    sizes: dict[str, int]
    max_epochs: int
    lr: float = 0.005
    clip: float = 1.0
    batch: int = 20
    word_bound: float = 1.0
    gate_init: str = "chrono"
    elman_init: str = "identity"
    patience: int = 5
    enough: float = 0.999


def grid(
    scale: str, seed: int, run: int, cells: Sequence[str] = CELLS
) -> Iterator[tuple[str, Settings, int]]:
    """Yield every cell at every delay; each run has data of its own, the same for all cells."""
    for delay in DELAYS[scale]:
        for cell in cells:
            settings = Settings(
                cell=cell,
                delay=delay,
                run=run,
                seed=seed,
                seeds=streams(seed, 201, delay, run),
                **SCALES[scale],
                **OF_CELL.get(cell, {}),
            )
            nodes = 2 * positions(delay, settings.remembered) + 1
            yield f"{delay:03}/{cell}", settings, settings.sizes["train"] * nodes
