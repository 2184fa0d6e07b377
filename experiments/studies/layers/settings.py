"""The settings of the runs, and what is expected of them, written down before the first full run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.studies.fit import TrainingSettings, streams

SCALES: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "D": 64,
        "sizes": {"train": 40_000, "dev": 2_000, "test": 4_000, "probe": 8_000, "units": 6_000},
        "max_epochs": 6,
    },
    "smoke": {
        "D": 24,
        "sizes": {"train": 2_000, "dev": 200, "test": 400, "probe": 400, "units": 1_000},
        "max_epochs": 4,
        "probe_steps": 150,
    },
}

# Decided by the rows as the paper's claims are; one that fails is reported with its figures.
PREDICTIONS: Mapping[str, float] = {
    "percent_above": 2.0,  # of the source's own bits on the same test strings, in each direction: at most
    "mix_below_best": 0.5,  # points that the mix may be worse than the best single layer, in every task
    "unit_drop": 10.0,  # points of agreement across an attractor that one forward unit is worth: at least
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """The settings of a run: a language model, then probes of its layers and clamped units.

    Attributes
    ----------
    cell : str
        Of the layers, as `models.Multilayer` takes it.
    layers : int
        In each direction.
    D : int
        Width of words and of each layer in each direction.
    entropy, length : float
        Bits and words of a string of the source, expected: they stand for the grammar.
    sizes : dict
        Strings in "train", "dev", "test", "probe" (which probes are trained on; they are judged on test) and
        "units" (in half of which units are searched, and judged in the other).
    max_epochs : int
        All are run; the best on dev is kept.
    clip : float
        Largest norm of all gradients together.
    word_bound : float
        Of U(±bound), for the vectors of words.
    places : int
        Positions, at most, on which a probe is trained and on which it is judged.
    probe_steps, probe_batch, probe_lr
        How long a probe is trained, and how, by Adam.
    units : int
        Strings in each half of either kind, with an attractor and without, in which units are clamped.
    """

    study: str = "layers"
    cell: str = "LSTM"
    layers: int = 2
    entropy: float
    length: float
    sizes: Mapping[str, int]
    max_epochs: int
    lr: float = 0.003
    batch: int = 32
    clip: float = 5.0
    word_bound: float = 0.5
    places: int = 8_000
    probe_steps: int = 600
    probe_batch: int = 100
    probe_lr: float = 0.005
    units: int = 300


def settings(scale: str, seed: int, run: int, entropy: float, length: float) -> Settings:
    """Return the settings of a run."""
    names = ("data", "model", "order", "probes")
    seeds = streams(seed, 801, run, names=names)
    return Settings(run=run, seed=seed, seeds=seeds, entropy=entropy, length=length, **SCALES[scale])
