"""How the studies train: the settings that such runs share, their data, a new classifier, the training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

import models
from experiments.sweep import Recorder
from experiments.training.monitoring import quiet_monitor
from experiments.training.recorded import recorded_fit
from experiments.training.watcher import Epoch
from minigrad.nn import initialise
from minigrad.optim import by_name, clip_grad_norm

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The settings that every run with training has; a study adds its own.

    Attributes
    ----------
    run, seed : int
    seeds : dict
        Seeds of the streams of random numbers, by what is drawn from them: see `streams`.
    D : int
        Width of the cell.
    optimizer : str
    lr : float
    batch : int
        Trees or chains per update.
    mode : str
        Of the fold.
    """

    run: int
    seed: int
    seeds: Mapping[str, tuple[int, ...]]
    D: int
    optimizer: str = "adam"
    lr: float = 0.01
    batch: int = 20
    mode: str = "compiled"


@dataclass(frozen=True, kw_only=True)
class CellSettings(TrainingSettings):
    """The settings of a run that trains a new classifier over a cell.

    Attributes
    ----------
    cell : str
        As `models.cell` takes it.
    max_epochs : int
    """

    cell: str
    max_epochs: int = 20


def streams(*seed: int, names: Iterable[str] = ("data", "model", "order")) -> dict[str, tuple[int, ...]]:
    """Return a seed for each of several streams of random numbers; all begin with the numbers given."""
    return {name: (*seed, number) for number, name in enumerate(names)}


def parts(seed: Sequence[int], draw: Callable[[np.random.Generator, str], T]) -> tuple[T, T, T]:
    """Return train, dev and test, each drawn from its own generator: ``draw(rng, "train")`` and so on."""
    train, dev, test = (
        draw(np.random.default_rng([*seed, number]), name)
        for number, name in enumerate(("train", "dev", "test"))
    )
    return train, dev, test


def classifier(
    settings: CellSettings,
    words: models.Vocabulary,
    classes: int,
    bound: float = 0.1,
    rng: np.random.Generator | None = None,
    **options: Any,
) -> models.TreeClassifier:
    """Return a new classifier over the settings' cell, its word vectors drawn from U(±bound).

    Parameters
    ----------
    settings : CellSettings
    words, classes, **options
        Of `models.TreeClassifier`.
    bound : float
    rng : numpy.random.Generator, optional
        That of the seed "model" unless given.
    """
    rng = np.random.default_rng(settings.seeds["model"]) if rng is None else rng
    cell = models.cell(settings.cell)(settings.D, rng)
    model = models.TreeClassifier(cell, words, classes, rng, **options)
    initialise(model, {"L": ("uniform", {"bound": bound})}, rng)
    return model


def train(
    recorder: Recorder,
    settings: TrainingSettings,
    model: models.TreeClassifier,
    train: models.Forest,
    dev: models.Forest,
    *,
    epochs: int,
    patience: int | None = None,
    clip: float | None = None,
    **options: Any,
) -> list[Epoch]:
    """Train as `recorded_fit` does, under a monitor, with the settings' optimiser, batch, order and mode.

    Parameters
    ----------
    recorder, settings, model, train, dev
    epochs : int
        At most; all of them are run if there is no `patience`.
    patience : int, optional
        Epochs without a better score on dev after which training ends.
    clip : float, optional
        Largest norm of all gradients together.
    **options
        Further ones of `recorded_fit`.
    """
    rng = np.random.default_rng(settings.seeds["order"])
    return recorded_fit(
        recorder,
        model,
        by_name(settings.optimizer, model.parameters(), lr=settings.lr),
        train,
        dev,
        batch_size=settings.batch,
        max_epochs=epochs,
        patience=patience or epochs,
        clip=None if clip is None else partial(clip_grad_norm, max_norm=clip),
        mode=settings.mode,
        **{"rng": rng, "monitor": quiet_monitor(), **options},
    )
