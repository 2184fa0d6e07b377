"""The settings of the two kinds of runs: matrices without training, and networks that start from them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from experiments.studies.fit import TrainingSettings, streams
from experiments.studies.spectrum.matrices import Recurrent
from experiments.studies.study import Kinds

NORMS = (0.8, 1.0, 1.2)
ACTIVATIONS = ("tanh", "sigmoid", "relu")
DRAWS = ("orthogonal", "gaussian")
SHARING = ("shared", "unshared")
KINDS = [(matrix, sharing) for matrix in DRAWS for sharing in SHARING]
UNSHARED_NORM = 1.2  # the norm at which networks with a matrix for every step are trained, too
INPUT = 0.1  # standard deviation of a word's elements: small, so that tanh is near its largest slope
DELAY: dict[str, Any] = {"matrix": "delay", "norm": 1.2, "radius": 0.8}  # radius < 1 < norm
# Radius > 1, but all singular values but one < 1.
OUTLIER: dict[str, Any] = {"matrix": "outlier", "norm": 1.2, "rest": 0.8}
LINES = (2, 5, 10, 20)  # units of a delay line
LINE = 10  # the one that is also driven by inputs
LENGTHS = {"paper": (10, 50, 100), "smoke": (5, 10)}  # words of the sentences of a training run
STREAMS = ("matrix", "turns", "words", "cotangents", "data", "model", "order")

UNTRAINED: dict[str, dict[str, Any]] = {
    "paper": {"D": 50, "steps": 100, "chains": 10},
    "smoke": {"D": 20, "steps": 30, "chains": 3},
}
TRAINED: dict[str, dict[str, Any]] = {
    "paper": {"D": 32, "train": 2000, "dev": 500, "test": 500, "looked_at": 50, "epochs": 20},
    "smoke": {"D": 12, "train": 200, "dev": 100, "test": 100, "looked_at": 20, "epochs": 3},
}


@dataclass(frozen=True, kw_only=True)
class Untrained(Recurrent):
    """The settings of a run without training.

    Attributes
    ----------
    part : "bound" or "eigenvalues"
    steps, chains : int
        Length and number of the chains.
    run, seed, seeds
        As in `TrainingSettings`.
    activation : str
    input : float
        Standard deviation of a word's elements.
    """

    part: str
    steps: int
    chains: int
    run: int
    seed: int
    seeds: dict[str, tuple[int, ...]]
    activation: str
    input: float


@dataclass(frozen=True, kw_only=True)
class Trained(TrainingSettings, Recurrent):
    """The settings of a run with training, chosen on dev sentences of other seeds.

    With orthogonal matrices Adam learns 100 words at 0.002 and minibatches of 50 as it does at 0.001 and 20,
    in half the time. With word vectors as small as the paper's, ±1e-4, Gaussian matrices learn 10 words much
    later.

    Attributes
    ----------
    length : int
        Words of a sentence.
    sharing : "shared" or "unshared"
    activation : str
    words, classes : int
        How many there are.
    word_bound : float
        Of U(±bound), for the word vectors.
    train, dev, test : int
        Numbers of sentences.
    looked_at : int
        How many of dev, the first, are looked at after each epoch.
    epochs : int
    """

    part: str = "trained"
    length: int
    sharing: str
    activation: str = "tanh"
    words: int = 40
    classes: int = 4
    word_bound: float = 0.1
    lr: float = 0.002
    batch: int = 50
    train: int
    dev: int
    test: int
    looked_at: int
    epochs: int


def grid(scale: str, seed: int, run: int) -> Kinds:
    """Yield matrices under their bound, those whose eigenvalues and norm disagree, and networks to train."""

    def untrained(code: int, part: str, name: str, **changes: Any) -> tuple[str, Untrained, int]:
        seeds = streams(seed, code, run, names=STREAMS)
        settings = Untrained(part=part, run=run, seed=seed, seeds=seeds, **UNTRAINED[scale], **changes)
        return f"{part}/{name}", settings, 2 * settings.chains * (settings.steps + 1)

    for f, matrix, norm in product(ACTIVATIONS, DRAWS, NORMS):
        kind: dict[str, Any] = {"activation": f, "matrix": matrix, "norm": norm}
        yield untrained(401, "bound", f"{f}/{matrix}/{norm}", input=INPUT, **kind)
    disagreeing = {f"delay-{line}": {**DELAY, "line": line} for line in LINES} | {"outlier": OUTLIER}
    for name, kind in disagreeing.items():
        yield untrained(402, "eigenvalues", f"{name}/rest", activation="tanh", input=0.0, **kind)
    for name, f in product((f"delay-{LINE}", "outlier"), ACTIVATIONS):
        kind = {"activation": f, **disagreeing[name]}
        yield untrained(402, "eigenvalues", f"{name}/{f}", input=INPUT, **kind)
    for length, (matrix, sharing), norm in product(LENGTHS[scale], KINDS, NORMS):
        if sharing == "shared" or norm == UNSHARED_NORM:
            seeds = streams(seed, 403, run, names=STREAMS)
            kind = {"length": length, "matrix": matrix, "norm": norm, "sharing": sharing}
            settings = Trained(run=run, seed=seed, seeds=seeds, **kind, **TRAINED[scale])
            name = f"trained/length-{length}/{matrix}/{norm}/{sharing}"
            yield name, settings, settings.train * (2 * length + 1)
