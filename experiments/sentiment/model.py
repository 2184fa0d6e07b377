"""The model of a run and its optimiser, made from its settings."""

from __future__ import annotations

import warnings

import numpy as np

import minigrad as mg
import models
from experiments.sentiment.data import Sets
from experiments.sentiment.settings import MODELS, Settings
from minigrad.nn import initial


def new_model(settings: Settings, sets: Sets) -> models.TreeClassifier:
    """Return the untrained model: the same one for the same settings.

    It classifies every labelled node. Word vectors start from the given ones, or from U(±``word_bound``):
    since every leaf has a label here, they need not start near zero as in the paper.
    """
    rng = np.random.default_rng(settings.seeds["model"])
    vocabulary = sets.train.vocabulary
    # The paper's cells have an activation to choose; others do not.
    options = (settings.activation,) if settings.model in MODELS else ()
    cell = models.cell(settings.model)(settings.D, rng, *options)
    model = models.TreeClassifier(cell, vocabulary, sets.names or sets.classes, rng, head="labelled")
    if sets.vectors is None:
        words = initial("uniform", rng, model.L.shape, bound=settings.word_bound)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", models.VectorsWarning)  # `data.coverage` says which are missing
            words = sets.vectors.table(vocabulary, rng)
    with mg.no_grad():
        model.L.copy_(words)
    return model


def new_optimizer(model: models.TreeClassifier, settings: Settings) -> mg.optim.AdaGrad:
    """Return AdaGrad over the parameters of the cell, the word vectors and the classifier."""
    return mg.optim.AdaGrad(
        [
            {"params": model.cell.parameters(), "l2": settings.l2},
            {"params": [model.L], "l2": settings.l2_words, "lr": settings.lr_words},
            {"params": [model.Ws, model.bs], "l2": settings.l2_classifier},
        ],
        lr=settings.lr,
        eps=settings.eps,
    )
