"""What the runs are: matrices that are measured as they are, and networks that are trained from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from experiments.sweep import Job

Settings = dict[str, Any]

NORMS = (0.8, 1.0, 1.2)
ACTIVATIONS = ("tanh", "sigmoid", "relu")
DRAWS = ("orthogonal", "gaussian")
SHARING = ("shared", "unshared")
UNSHARED_NORM = 1.2  # of the matrices that are also trained with one for every step
INPUT = 0.1  # standard deviation of a word's elements: small, so that tanh is near its largest slope
DELAY: Settings = {"matrix": "delay", "norm": 1.2, "radius": 0.8}  # radius < 1 < norm
OUTLIER: Settings = {
    "matrix": "outlier",
    "norm": 1.2,
    "rest": 0.8,
}  # radius > 1, but all singular values but one < 1
LINES = (2, 5, 10, 20)  # units of a delay line
LINE = 10  # where one is taken

# Chosen on dev sentences of other seeds: with orthogonal matrices Adam learns 100 words at 0.002 and
# minibatches of 50 as it does at 0.001 and 20, in half the time. With word vectors as small as the paper's,
# ±1e-4, Gaussian matrices learn 10 words much later.
TRAINING = {
    "activation": "tanh", "words": 40, "classes": 4, "word_bound": 0.1, "optimizer": "adam", "lr": 0.002,
    "batch": 50,
}  # fmt: skip
STREAMS = ("matrix", "turns", "words", "cotangents", "data", "model", "order")
CODES = {"bound": 401, "eigenvalues": 402, "trained": 403}


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    D, steps, chains : int
        Width, length and number of the chains of a run without training.
    runs : int
        Runs of each kind without training.
    lengths : tuple of int
        Words of the sentences of a training run.
    training : dict
        Width, numbers of sentences (those that are looked at after each epoch are dev's first), and epochs.
    trainings : int
        Training runs of each kind.
    """

    D: int
    steps: int
    chains: int
    runs: int
    lengths: tuple[int, ...]
    training: dict[str, Any]
    trainings: int


SCALES = {
    "paper": Scale(
        D=50, steps=100, chains=10, runs=3, lengths=(10, 50, 100),
        training={"D": 32, "train": 2000, "dev": 500, "test": 500, "looked_at": 50, "epochs": 20},
        trainings=3,
    ),
    "smoke": Scale(
        D=20, steps=30, chains=3, runs=1, lengths=(5, 10),
        training={"D": 12, "train": 200, "dev": 100, "test": 100, "looked_at": 20, "epochs": 3},
        trainings=1,
    ),
}  # fmt: skip


def jobs(scale: str, seed: int, runs: int | None) -> Iterator[Job]:
    """Yield the runs; `runs` of each kind, if not as many as the scale has."""
    size = SCALES[scale]
    for run in range(1, (runs or size.runs) + 1):
        yield from _untrained(size, seed, run)
    for run in range(1, (runs or size.trainings) + 1):
        yield from _trained(size, seed, run)


def _untrained(size: Scale, seed: int, run: int) -> Iterator[Job]:
    def job(part: str, name: str, **changes: Any) -> Job:
        settings = {
            "part": part, "D": size.D, "steps": size.steps, "chains": size.chains, "run": run, "seed": seed,
            "seeds": _seeds(seed, part, run), "radius": None, "line": None, "rest": None, **changes,
        }  # fmt: skip
        work = 2 * size.chains * (size.steps + 1)
        return Job(f"spectrum/{part}/{name}/{run}", settings, work, f"{__package__}.untrained:perform")

    for activation in ACTIVATIONS:
        for matrix in DRAWS:
            for norm in NORMS:
                yield job(
                    "bound", f"{activation}/{matrix}/{norm}",
                    activation=activation, matrix=matrix, norm=norm, input=INPUT,
                )  # fmt: skip
    for line in LINES:
        changes = {**DELAY, "line": line, "activation": "tanh", "input": 0.0}
        yield job("eigenvalues", f"delay-{line}/rest", **changes)
    yield job("eigenvalues", "outlier/rest", **OUTLIER, activation="tanh", input=0.0)
    for activation in ACTIVATIONS:
        changes = {"activation": activation, "input": INPUT}
        yield job("eigenvalues", f"delay-{LINE}/{activation}", **{**DELAY, "line": LINE, **changes})
        yield job("eigenvalues", f"outlier/{activation}", **{**OUTLIER, **changes})


def _trained(size: Scale, seed: int, run: int) -> Iterator[Job]:
    for length in size.lengths:
        for matrix in DRAWS:
            for norm in NORMS:
                for sharing in SHARING if norm == UNSHARED_NORM else SHARING[:1]:
                    settings = {
                        "part": "trained", "length": length, "matrix": matrix, "norm": norm,
                        "sharing": sharing, "run": run, "seed": seed, "seeds": _seeds(seed, "trained", run),
                        "radius": None, "line": None, "rest": None, **TRAINING, **size.training,
                        "mode": "compiled",
                    }  # fmt: skip
                    name = f"spectrum/trained/length-{length}/{matrix}/{norm}/{sharing}/{run}"
                    work = size.training["train"] * (2 * length + 1)
                    yield Job(name, settings, work, f"{__package__}.trained:perform")


def _seeds(seed: int, part: str, run: int) -> dict[str, list[int]]:
    return {name: [seed, CODES[part], run, stream] for stream, name in enumerate(STREAMS)}
