"""The study's settings, and the runs that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.studies.copy.task import positions
from experiments.sweep import Job
from experiments.sweep.job import changed

CELLS = ("Elman", "LSTM", "GRU")
CODE = 201  # where the study's seeds begin
STREAMS = {"data": 0, "model": 1, "order": 2}

# Chosen in small trials, on sequences that no stored run has: LSTM and GRU at a delay of 100, Elman networks
# at 10 and 30.
CHOSEN: dict[str, Any] = {
    "optimizer": "adam",
    "lr": 0.005,
    "clip": 1.0,  # norm of all gradients
    "batch": 20,
    "word_bound": 1.0,  # of U(±bound), for the vectors of symbols, blank and sign
    "gate_init": "chrono",
    "elman_init": "identity",
    "patience": 5,  # epochs without a lower loss on dev
    "mode": "compiled",
}
OF_CELL: dict[str, dict[str, Any]] = {"Elman": {"lr": 0.001}, "LSTM": {"lr": 0.01, "word_bound": 2.0}}
ENOUGH = 0.999  # fraction of dev's symbols said right, at which training ends


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    delays : tuple of int
    symbols, remembered : int
        S and K.
    D : int
    sizes : dict
        Number of sequences in train, dev and test.
    max_epochs, runs : int
        Runs of each cell at each delay.
    """

    delays: tuple[int, ...]
    symbols: int
    remembered: int
    D: int
    sizes: dict[str, int]
    max_epochs: int
    runs: int


SCALES = {
    "paper": Scale(
        delays=(10, 30, 50, 100), symbols=2, remembered=5, D=64,
        sizes={"train": 4_000, "dev": 200, "test": 1_000}, max_epochs=20, runs=3,
    ),
    "smoke": Scale(
        delays=(2, 5), symbols=2, remembered=2, D=16,
        sizes={"train": 400, "dev": 100, "test": 100}, max_epochs=15, runs=2,
    ),
}  # fmt: skip


def run_settings(
    cell: str, delay: int, run: int, *, scale: Scale, seed: int, **changes: Any
) -> dict[str, Any]:
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    cell : str
        As `models.cell` takes it.
    delay : int
        T.
    run : int
        From 1; each has data of its own, the same for all cells.
    scale : Scale
    seed : int
    **changes
        Settings other than the study's.
    """
    settings: dict[str, Any] = {
        "study": "copy",
        "cell": cell,
        "delay": delay,
        "run": run,
        "seed": seed,
        "seeds": {name: [seed, CODE, delay, run, stream] for name, stream in STREAMS.items()},
        "symbols": scale.symbols,
        "remembered": scale.remembered,
        "D": scale.D,
        "sizes": dict(scale.sizes),
        "max_epochs": scale.max_epochs,
        **CHOSEN,
        **OF_CELL.get(cell, {}),
        "enough": ENOUGH,
    }
    return changed(settings, changes)


def jobs(scale: str, seed: int, runs: int | None, cells: Sequence[str] = CELLS) -> Iterator[Job]:
    """Yield the runs.

    Parameters
    ----------
    scale : "smoke" or "paper"
    seed : int
    runs : int or None
        Of each cell at each delay, if not as many as the scale has.
    cells : sequence of str
    """
    size = SCALES[scale]
    for delay in size.delays:
        for cell in cells:
            for run in range(1, (runs or size.runs) + 1):
                settings = run_settings(cell, delay, run, scale=size, seed=seed)
                nodes = 2 * positions(delay, size.remembered) + 1
                yield Job(
                    f"copy/{delay:03}/{cell.replace(':', '.')}/{run}",
                    settings,
                    work=settings["sizes"]["train"] * nodes,
                    perform="experiments.studies.copy.run:perform",
                )
