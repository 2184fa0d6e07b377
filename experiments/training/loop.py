"""The training loop: any classifier, any forest, with early stopping and checkpoints."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Required, TypedDict

import numpy as np

import models
from experiments.training.checkpoint import RunState, settings_of
from experiments.training.evaluation import accuracy
from experiments.training.generators import Generators
from experiments.training.kept import KeptEpochs
from experiments.training.rate import LearningRate
from experiments.training.step import Clip, Penalty, no_collection, require_threads, training_step
from experiments.training.watcher import Epoch, Watcher
from minigrad.monitor import Observation, Stop, first_bad_node
from minigrad.optim import Optimizer, Schedule
from minigrad.rng import require_generator

Score = Callable[[models.TreeClassifier], float]
Training = models.Forest | Callable[[int], models.Forest]  # the same trees in all epochs, or others in each
SHUFFLES = ("every_epoch", "once")


class FitOptions(TypedDict, total=False):
    """Options of `fit` that decide how it trains, for functions that pass them on."""

    batch_size: Required[int]
    rng: Required[np.random.Generator]
    max_epochs: int
    patience: int
    min_epochs: int
    mode: str
    shuffle: str
    penalty: Penalty | None
    clip: Clip | None
    schedule: Schedule | None
    score: Score | None
    enough: Callable[[Epoch], bool] | None


class TrainingError(FloatingPointError):
    """The loss is NaN or inf, or a score NaN; the text says where, and what may help."""


def fit(
    model: models.TreeClassifier,
    optimizer: Optimizer,
    train: Training,
    dev: models.Forest,
    *,
    batch_size: int,
    rng: np.random.Generator,
    max_epochs: int = 50,
    patience: int = 5,
    min_epochs: int = 1,
    watchers: Sequence[Watcher] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = 0.0,
    keep_epochs: str | os.PathLike[str] | None = None,
    mode: str = "compiled",
    shuffle: str = "every_epoch",
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    threads: int = 1,
    schedule: Schedule | None = None,
    progress: Callable[[int], object] | None = None,
    score: Score | None = None,
    enough: Callable[[Epoch], bool] | None = None,
) -> list[Epoch]:
    """Train until the dev accuracy has not improved for `patience` epochs; keep the best epoch's parameters.

    Parameters
    ----------
    model, optimizer
    train : Forest, or function of an epoch's number
        The function returns the Forest of the epoch 1, 2, …: trees that are drawn anew in every epoch. It has
        to return the same trees whenever it is asked for an epoch, or a run that is resumed becomes another.
    dev : Forest
    batch_size : int
        Trees per update; the loss is averaged over them.
    rng : numpy.random.Generator
        Shuffles the training trees.
    max_epochs, patience : int
    min_epochs : int
        Epochs that are run whatever the dev accuracy is.
    watchers : sequence of Watcher
        Called in this order. One that raises `minigrad.monitor.Stop` ends training; put it last, so that the
        others have seen the same minibatches.
    checkpoint : path, optional
        Written at the start and after epochs. If the file exists, training continues from it, and ends with
        exactly the parameters of an uninterrupted run. A checkpoint of other data, another batch size, mode
        or optimiser, or other settings of the optimiser is refused; so a run may be continued with a higher
        `max_epochs`, but not with another learning rate. `rng` continues as the checkpoint's, and so does
        every generator that model, optimiser, schedule and watchers hold when training begins, in attributes,
        lists, tuples and dicts; generators that are shared have to be shared again. One that a function holds
        (a closure of `score`, say) is not found: let it be `rng`, or an attribute of a watcher.
    checkpoint_every : float
        Seconds between two checkpoints, at least. Results do not depend on it.
    keep_epochs : path, optional
        A folder, into which the model is written before training and after each epoch, as `KeptEpochs` says,
        for ``python -m viz epochs``. A run that continues from a checkpoint writes the epochs after it.
    mode : str
        Of the fold. "compiled" compiles a cell that this machine has not seen yet, for some seconds; "level"
        starts at once and takes several times as long per minibatch.
    shuffle : "every_epoch" or "once"
        When the training trees are put into a new random order: before every epoch, or before the first only,
        as in the code of Le & Zuidema (2016).
    penalty, clip : functions, optional
    threads : int
        As in `training_step`.
    schedule : minigrad.optim.Schedule, optional
        Multiplies the learning rate, for instance ``WarmUp(1, Cosine(49))``. It is asked before every update,
        with the time in epochs (a fraction of them within one: the part of the trees that was trained on),
        and shown the dev accuracy after every epoch. A checkpoint of another one is refused.
    progress : function, optional
        Called after each update with the number of tree nodes that were trained on.
    score : function, optional
        Returns what is used as the dev accuracy, by which the best epoch is chosen, if it is not `accuracy`
        on `dev`: for instance the accuracy of the roots, where all nodes are classified, or the negative
        loss. Any number, of which the highest is the best; NaN is an error.
    enough : function of an epoch, optional
        Whether there is nothing left to learn after it, so that training ends.

    Returns
    -------
    list of Epoch
        All epochs, those before a resumption included.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or inf: the parameters are those before the bad minibatch's update. If `score`
        returns NaN: they are those after that epoch.
    StateError
        If the checkpoint is damaged, belongs to another model, or was written with other data or settings;
        the text says what differs.
    OSError
        If the checkpoint, or a model in `keep_epochs`, can't be written; before any training.
    TypeError
        If `rng` is not a Generator, `schedule` none, `score` returns no number, or the function `train` no
        Forest.
    ValueError
        If a number of epochs or trees is below 1, a label is no class, a forest has nothing to classify,
        `shuffle` is neither of the two, or "once" for trees that are others in every epoch, or the schedule's
        factor is 0 within `max_epochs`.
    """
    if min(batch_size, max_epochs, patience, min_epochs) < 1:
        raise ValueError(f"{batch_size=}, {max_epochs=}, {patience=} and {min_epochs=} have to be at least 1")
    if shuffle not in SHUFFLES:
        raise ValueError(f"shuffle is {' or '.join(map(repr, SHUFFLES))}, not {shuffle!r}")
    if shuffle == "once" and callable(train):
        raise ValueError("shuffle='once' keeps an order of the same trees; these are others in every epoch")
    require_generator(rng, "fit")
    require_threads(threads, mode, penalty)
    first = trees_of(train, 1)
    for name, forest in (("train", first), ("dev", dev)):
        labels = model.labels(forest)  # a bad label is reported before hours of training, not after
        if not len(labels) and (forest is first or score is None):
            raise ValueError(f"{name} has no node to classify, of {len(forest)} trees")
    rate = LearningRate(optimizer, schedule, max_epochs)
    settings: dict[str, Any] = {}
    drawn: dict[str, Any] = {"rng": rng}
    if checkpoint is not None:
        settings = settings_of(optimizer, schedule, first, dev, batch_size, mode, shuffle)
        kept_watchers = [watcher for watcher in watchers if watcher.in_checkpoint]
        drawn |= {"model": model, "optimizer": optimizer, "watchers": kept_watchers, "schedule": schedule}
    run = RunState(model, optimizer, watchers, settings, Generators(drawn), rate)
    kept = None if keep_epochs is None else KeptEpochs(keep_epochs, model)
    if checkpoint is not None and Path(checkpoint).exists():
        run.resume(checkpoint)
    else:  # paths that can't be written are reported before, too
        if kept is not None:
            kept.begin()
        if checkpoint is not None:
            run.save(checkpoint)
    saved = time.monotonic()
    for watcher in watchers:
        watcher.begin(run.epochs)

    def ended() -> bool:
        if len(run.epochs) >= max_epochs or (enough is not None and run.epochs and enough(run.epochs[-1])):
            return True
        return len(run.epochs) >= min_epochs and run.epochs_since_best() >= patience

    with suppress(Stop), rate:
        while not ended():
            number = len(run.epochs) + 1
            forest = trees_of(train, number)
            if forest is not first and not len(model.labels(forest)):
                raise ValueError(f"epoch {number} has no node to classify, of {len(forest)} training trees")
            if run.order is None or shuffle == "every_epoch":
                run.order = rng.permutation(len(forest))
            order = run.order
            total = 0.0
            with no_collection():
                for start in range(0, len(forest), batch_size):
                    trees = order[start : start + batch_size]
                    batch = forest.select(trees)
                    rate.set(number - 1 + start / len(forest))
                    loss, states = training_step(model, optimizer, batch, mode, penalty, clip, threads)
                    if not math.isfinite(loss):
                        seen = Observation(number, start // batch_size + 1, states, batch)
                        raise TrainingError(_explain(model, loss, seen))
                    total += loss * len(batch)
                    for watcher in watchers:
                        watcher.batch(trees, batch, states)
                    if progress is not None:
                        progress(batch.n_nodes)
                    del states  # so that the next minibatch can have their memory
            dev_accuracy = scored(model, dev, mode, score, number)
            run.finish(Epoch(number, total / len(forest), dev_accuracy, False, optimizer.lr_factor))
            if kept is not None:
                kept.write(number)
            if checkpoint is not None and time.monotonic() - saved >= checkpoint_every:
                run.save(checkpoint)
                saved = time.monotonic()
    model.load_state_dict(run.best_state)
    return run.epochs


def trees_of(train: Training, epoch: int) -> models.Forest:
    """Return the training trees of an epoch, from 1 on; raise TypeError if the function returns others."""
    if not callable(train):
        return train
    forest = train(epoch)
    if not isinstance(forest, models.Forest | models.TreeForest):
        raise TypeError(f"train returns {type(forest).__name__} for epoch {epoch}, not a Forest")
    return forest


def scored(
    model: models.TreeClassifier, dev: models.Forest, mode: str, score: Score | None, epoch: int
) -> float:
    """Return what `fit` uses as the dev accuracy after an epoch: `score` of the model, or its accuracy.

    Raises
    ------
    TrainingError
        If it is NaN, which can't be compared; the text names the epoch.
    TypeError
        If it is no number.
    """
    value = accuracy(model, dev, mode=mode) if score is None else score(model)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"score returned {value!r} after epoch {epoch}; it returns a number") from None
    if math.isnan(number):
        raise TrainingError(
            f"the score after epoch {epoch} is NaN, so that it can't be told whether the epoch is the best; "
            "let `score` return a number, for instance -math.inf"
        )
    return number


def _explain(model: models.TreeClassifier, loss: float, seen: Observation) -> str:
    bad = [name for name, parameter in model.named_parameters() if not np.isfinite(parameter.data).all()]
    where = f"; not finite: {', '.join(bad)}" if bad else "; all parameters are finite"
    node = first_bad_node(seen)
    first = f", the state of {node} is not" if node else ""
    return (
        f"the loss is {loss} in epoch {seen.epoch}, minibatch {seen.batch}{where}{first}. "
        "Try a smaller learning rate, or clip the gradients (minigrad.optim.clip_grad_norm)"
    )
