"""The runs: their settings, and what each does: learn the verb's number, and be measured before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from experiments.studies.agreement import grammar, measures
from experiments.studies.fit import CellSettings, classifier, parts, train
from experiments.studies.study import Kinds
from experiments.sweep import Recorder
from experiments.training import recorded
from experiments.training.evaluation import accuracy
from experiments.training.fingerprint import data_hash
from experiments.training.ratios import error_rows

CELLS = ("Elman", "LSTM", "GRU", "RNN", "RLSTM")  # the last two over random trees of the same sentences
LONGEST = 20  # words between subject and verb
ALONE = {"paper": (1, 10, 20), "smoke": (2, 20)}  # distances that models are trained on alone
SCALES: dict[str, dict[str, Any]] = {
    # All epochs are run: a model that still guesses is not stopped early.
    "paper": {"sizes": {"train": 5_000, "dev": 500, "test": 200}, "max_epochs": 15},
    "smoke": {"sizes": {"train": 500, "dev": 100, "test": 40}, "max_epochs": 3},
}


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """The settings of a run.

    Attributes
    ----------
    distances : tuple of int
        Those that are trained on.
    sizes : dict
        Number of sentences in train, dev and test; of test in each distance.
    clip : float
        Largest norm of all gradients together.
    words : float
        Of U(±words), which word vectors start from.
    shape : str
        Of the trees.
    """

    experiment: str = "agreement"
    distances: tuple[int, ...]
    sizes: dict[str, int]
    D: int = 50
    lr: float = 0.001
    clip: float = 1.0
    words: float = 0.1
    shape: str = "uniform_split"


def grid(scale: str, seed: int, run: int, cells: Sequence[str]) -> Kinds:
    """Yield every cell, trained on all distances and on some alone.

    All runs and cells have the same data; all datasets, the same initial weights.
    """
    for alone in (0, *ALONE[scale]):
        distances = (alone,) if alone else tuple(range(1, LONGEST + 1))
        for cell in cells:
            settings = Settings(
                cell=cell,
                distances=distances,
                run=run,
                seed=seed,
                seeds={
                    "data": (seed, 6, 0, alone),
                    "model": (seed, 6, 1, run),
                    "order": (seed, 6, 2, alone, run),
                },
                **SCALES[scale],
            )
            # A tree of n words has 2n − 1 nodes, a chain 2n + 1.
            work = settings.sizes["train"] * (2 * sum(distances) // len(distances) + 1)
            yield f"{f'alone/{alone:02}' if alone else 'mixed'}/{cell}", settings, work


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model, mode = new_model(settings), settings.mode
    sets = datasets(settings)
    sha256 = data_hash(*sets)
    if model.cell.right_parts is not None:
        sets = tuple(map(models.as_chains, sets))
    training, dev, test = sets
    farthest = dev.select(grammar.distances(dev) == max(settings.distances))

    def measure(epoch: int) -> dict[str, Any]:
        (ratio,) = measures.by_distance(model, farthest, mode)["ratio"]
        return {"ratio": ratio} | ({} if epoch else {"by_distance": measures.by_distance(model, test, mode)})

    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.max_epochs,
        clip=settings.clip,
        nodes=error_rows(model.cell, grammar.subject_rows),
        measure=measure,
        epoch_0=True,
    )
    result = {
        "test_accuracy": accuracy(model, test, mode=mode),
        **recorded.summary(epochs),
        "by_distance": measures.by_distance(model, test, mode) | {"most_nouns": measures.most_nouns(test)},
        "by_attractors": measures.by_attractors(model, test, mode),
        "depth": mean_depth(model, test),
        "data_hash": sha256,
    }
    recorded.record_result(recorder, model, result)


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model before training, which the settings determine."""
    return classifier(settings, grammar.VOCABULARY, len(grammar.NUMBERS), settings.words)


def datasets(settings: Settings) -> tuple[models.Forest, ...]:
    """Return train, dev and test as trees, each with equally many sentences of every distance."""
    distances = np.asarray(settings.distances)
    sizes = settings.sizes | {"test": settings.sizes["test"] * len(distances)}

    def draw(rng: np.random.Generator, name: str) -> models.Forest:
        each = distances[np.arange(sizes[name]) % len(distances)]
        return grammar.sentences(rng, each, settings.shape)

    return parts(settings.seeds["data"], draw)


def mean_depth(model: models.TreeClassifier, forest: models.Forest) -> float:
    """Return the mean number of compositions between the subject and the root."""
    return float(forest.depth[error_rows(model.cell, grammar.subject_rows)(forest)].mean())
