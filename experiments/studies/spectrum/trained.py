"""One run with training: the gradient by distance from the end, and the recurrent matrix, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.studies.fit import train
from experiments.studies.spectrum.flow import Flow, by_matrices, worst
from experiments.studies.spectrum.matrices import norm, radius, turned
from experiments.studies.spectrum.settings import Trained
from experiments.studies.spectrum.task import sentences, vocabulary
from experiments.studies.spectrum.unshared import Unshared
from experiments.studies.spectrum.untrained import matrix
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy
from experiments.training.watcher import best_epoch
from minigrad.nn import initialise

POINTS = 21  # distances of a row


def perform(settings: Trained, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model = new_model(settings)
    rng = np.random.default_rng([*settings.seeds["data"], settings.length])
    training, dev, test = (
        sentences(rng, count, settings.length, settings.classes, model.vocabulary)
        for count in (settings.train, settings.dev, settings.test)
    )
    looked_at = dev.select(slice(0, settings.looked_at))
    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.epochs,
        nodes=lambda forest: np.flatnonzero(forest.height == 1),  # that have just read the first word
        measure=lambda epoch: look(model, looked_at),
        epoch_0=True,
    )
    # Without `record_result`: networks with a matrix for every step can't be saved.
    recorder.result(
        {
            "test_accuracy": accuracy(model, test, mode=settings.mode),
            "best_epoch": best_epoch(epochs).number,
            "distances": distances(settings.length).tolist(),
        }
    )


def new_model(settings: Trained) -> models.TreeClassifier:
    """Return the model before training; its other weights do not depend on the recurrent matrix."""
    rng, W = np.random.default_rng(settings.seeds["model"]), matrix(settings)
    cell: Any = models.Elman(settings.D, rng, f=settings.activation)
    if settings.sharing == "shared":
        with mg.no_grad():
            cell.W.copy_(W)
    else:
        each = turned(W, settings.length, np.random.default_rng(settings.seeds["turns"]))
        cell = Unshared(each.astype(np.float32), cell.U.data, settings.activation)
    model = models.TreeClassifier(cell, vocabulary(settings.words), settings.classes, rng)
    initialise(model, {"L": ("uniform", {"bound": settings.word_bound})}, rng)
    return model


def distances(length: int) -> np.ndarray:
    """Return the distances from the last position that rows tell of, including both ends."""
    return np.unique(np.linspace(0, length - 1, min(length, POINTS)).round().astype(int))


def look(model: models.TreeClassifier, forest: models.Forest) -> dict[str, Any]:
    """Return what an epoch's row tells of a model, measured in float64.

    Returns
    -------
    dict
        "gradient": the norm of a sentence's ∂J/∂h_{n−k} by distance k, median over the sentences. "worst":
        the largest ratio of one to its bound. "norm", "radius": of the recurrent matrix; the median where
        there are several. "weights": norm of the gradient with respect to the recurrent matrices, and of the
        part of it that comes from the first half of the positions.
    """
    length = int(forest.height.max())
    copy = by_steps(model, length)
    loss, states = copy.loss(forest, "level")
    loss.backward()
    W = np.stack([parameter.data for parameter in copy.cell.matrices()])
    norms = len(forest) * Flow.of(states, forest).norms()[:, :length]
    steps = np.stack([parameter.grad for parameter in copy.cell.matrices()])
    far = steps[: length // 2]
    if isinstance(model.cell, models.Elman):  # one matrix: its gradient is the sum
        steps, far = steps.sum(axis=0), far.sum(axis=0)
    return {
        "gradient": np.median(norms, axis=0)[distances(length)].tolist(),
        "worst": worst(norms, by_matrices(W[1:], copy.cell.activation)),
        "norm": float(np.median(norm(W))),
        "radius": float(np.median(radius(W))),
        "weights": {"all": float(np.linalg.norm(steps)), "far": float(np.linalg.norm(far))},
    }


def by_steps(model: models.TreeClassifier, length: int) -> models.TreeClassifier:
    """Return a copy in float64 with a matrix for every step; they are equal if the model shares one.

    So the contribution of each step to the gradient of a shared matrix is the gradient of one matrix.
    """
    cell = model.cell
    if isinstance(cell, Unshared):
        W, activation = np.stack([parameter.data for parameter in cell.matrices()]), cell.activation
    else:
        W, activation = np.broadcast_to(cell.W.data, (length, *cell.W.shape)), cell.settings["f"]
    made = Unshared(W.astype(np.float64), cell.U.data, activation)
    copy = models.TreeClassifier(made, model.vocabulary, model.classes, np.random.default_rng(0))
    with mg.no_grad():
        made.b.copy_(cell.b.data)
        for name in ("L", "Ws", "bs"):
            getattr(copy, name).copy_(getattr(model, name).data)
    return copy
