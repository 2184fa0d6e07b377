"""The runs: their settings, and what each does: train, and count where it is right on test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from experiments.studies.fit import CellSettings, classifier, parts, train
from experiments.studies.study import Kinds
from experiments.studies.tasks.distractors import distractors
from experiments.studies.tasks.keywords import addition, order
from experiments.studies.tasks.negation import negation
from experiments.studies.tasks.sentences import Sentences
from experiments.studies.tasks.words import CLASSES, KEYWORDS, VOCABULARY, among
from experiments.sweep import Recorder
from experiments.training import recorded
from experiments.training.evaluation import hits
from experiments.training.fingerprint import data_hash

CELLS = ("RNN", "RLSTM", "TreeLSTM", "SLSTM", "TreeGRU", "ResidualRNN", "HighwayRNN", "DenseRNN")
RATE = 0.5  # of distractors, unless --rate is given
# Functions of (rng, n, lengths), and of rate where there are distractors.
TASKS: dict[str, Callable[..., Sentences]] = {
    "sum": addition,
    "order": order,
    "negation": negation,
    "distractors": distractors,
}
# Task, and rate of distractors where it has them; the first is the paper's task.
DATASETS: dict[str, tuple[str, float | None]] = {
    "keyword": ("distractors", 0.0),
    "sum": ("sum", None),
    "order": ("order", None),
    "negation": ("negation", None),
    "distractors": ("distractors", RATE),
}
SCALES: dict[str, dict[str, Any]] = {
    "paper": {"sizes": {"train": 6_000, "dev": 1_000, "test": 2_000}, "max_epochs": 20, "patience": 8},
    "smoke": {"sizes": {"train": 600, "dev": 200, "test": 400}, "max_epochs": 2, "patience": 2},
}


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """The settings of a run.

    Those of training were chosen on dev, on data and seeds of their own, with TreeLSTM and RNN; they are the
    same for every cell.

    Attributes
    ----------
    dataset, task : str
        One of `DATASETS`, and its task.
    rate : float or None
        Of distractors, for the task that has them.
    sizes : dict
        Number of sentences in train, dev and test.
    lengths : (int, int)
        Words of the shortest and the longest sentence.
    word_bound : float
        Of U(±bound), for the word vectors.
    patience : int
    enough : float
        Dev accuracy at which training ends.
    """

    study: str = "tasks"
    dataset: str
    task: str
    rate: float | None
    sizes: dict[str, int]
    lengths: tuple[int, int] = (5, 15)
    D: int = 32
    word_bound: float = 0.1
    lr: float = 5e-3
    patience: int
    enough: float = 0.995


def grid(scale: str, seed: int, run: int, cells: Sequence[str], rate: float = RATE) -> Kinds:
    """Yield every cell on every dataset, with distractors of a rate in the dataset that has them.

    The same run of all cells has the same sentences; another run has others.
    """
    for number, (dataset, (task, usual)) in enumerate(DATASETS.items()):
        streams = {
            "data": (seed, 201, number, run, 0),
            "model": (seed, 201, 0, run, 1),
            "order": (seed, 201, 0, run, 2),
        }
        of: dict[str, Any] = {"dataset": dataset, "task": task, "seeds": streams, **SCALES[scale]}
        of["rate"] = rate if dataset == "distractors" else usual
        for cell in cells:
            settings = Settings(cell=cell, run=run, seed=seed, **of)
            # A tree of n words has 2n − 1 nodes.
            yield f"{dataset}/{cell}", settings, settings.sizes["train"] * (sum(settings.lengths) - 1)


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    sets = training, dev, test = sentences(settings)
    model = new_model(settings)
    epochs = train(
        recorder,
        settings,
        model,
        training.forest,
        dev.forest,
        epochs=settings.max_epochs,
        patience=settings.patience,
        rng=np.random.default_rng([*settings.seeds["order"], 0]),
        nodes=keyword_rows,
        enough=lambda epoch: epoch.dev_accuracy >= settings.enough,
    )
    right = hits(model, test.forest, mode=settings.mode)
    result = {
        "test_accuracy": float(right.mean()),
        **recorded.summary(epochs),
        "blind": float(test.blind.mean()),
        "by_count": by_group(test, test.count, right),
        "by_depth": by_group(test, test.depth, right),
        "data_hash": data_hash(*(part.forest for part in sets)),
    }
    recorded.record_result(recorder, model, result)


def sentences(settings: Settings) -> tuple[Sentences, Sentences, Sentences]:
    """Return train, dev and test of a run."""
    options = {} if settings.rate is None else {"rate": settings.rate}
    return parts(
        settings.seeds["data"],
        lambda rng, part: TASKS[settings.task](rng, settings.sizes[part], settings.lengths, **options),
    )


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model before training, which the settings determine."""
    rng = np.random.default_rng([*settings.seeds["model"], 0])
    return classifier(settings, VOCABULARY, CLASSES, settings.word_bound, rng)


def keyword_rows(forest: models.Forest) -> np.ndarray:
    """Return the rows of all keywords, including those to be ignored: where the monitor looks."""
    return np.flatnonzero(among(forest.word, KEYWORDS))


def by_group(test: Sentences, group: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Return how many sentences of each group there are, and how many are right.

    Parameters
    ----------
    test : Sentences
    group : (sentences,) array of int
    right : (sentences,) array of bool

    Returns
    -------
    dict of lists
        "value": the groups that there are, ascending; "n", "right": sentences; "blind": how many would be
        right on average without order and tree.
    """
    values, place = np.unique(group, return_inverse=True)
    return {
        "value": values.tolist(),
        "n": np.bincount(place).tolist(),
        "right": np.bincount(place, right).astype(int).tolist(),
        "blind": np.bincount(place, test.blind).tolist(),
    }
