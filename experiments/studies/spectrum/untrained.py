"""One run without training: a random cotangent is propagated back from the end of random chains."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.studies.spectrum.flow import Flow, bounds, worst
from experiments.studies.spectrum.matrices import MATRICES, norm, radius, turned, typical
from experiments.studies.spectrum.settings import Trained, Untrained
from experiments.studies.spectrum.unshared import Unshared
from experiments.sweep import Recorder
from minigrad.nn import initialise


def perform(settings: Untrained, recorder: Recorder) -> None:
    """Measure one matrix, shared by all steps and rotated differently at each."""
    W = matrix(settings)
    D, f = settings.D, settings.activation
    each = turned(W, settings.steps, np.random.default_rng(settings.seeds["turns"]))
    shared = models.Elman(D, np.random.default_rng(0), f=f, dtype=np.float64)
    initialise(shared, {"U": "identity"}, np.random.default_rng(0))
    with mg.no_grad():
        shared.W.copy_(W)
    result: dict[str, Any] = {
        "norm": float(norm(W)),
        "radius": float(radius(W)),
        "typical": float(typical(W)),
    }
    for name, cell, matrices in (
        ("shared", shared, np.broadcast_to(W, each.shape)),
        ("unshared", Unshared(each, np.eye(D), f), each),
    ):
        flow = backward(cell, settings)
        bound = bounds(flow, matrices, f)
        gradients = flow.norms()
        result[name] = {
            "gradient": np.median(gradients, axis=0).tolist(),
            "worst": {
                of: worst(gradients, getattr(bound, of)) for of in ("product", "jacobians", "matrices")
            },
        }
        recorder.progress(gradients.size)
    recorder.result(result)


def matrix(settings: Untrained | Trained) -> np.ndarray:
    """Return the run's recurrent matrix, (D, D)."""
    return MATRICES[settings.matrix](np.random.default_rng(settings.seeds["matrix"]), settings)


def backward(cell: mg.Cell | models.Encoder, settings: Untrained) -> Flow:
    """Propagate a random unit vector back from the last state of every chain.

    The words are drawn from N(0, input²), elementwise, and added to W h as they are (U is the identity).
    """
    chains, steps, D = settings.chains, settings.steps, settings.D
    drawn = np.random.default_rng(settings.seeds["words"]).normal(size=(chains * steps, D))
    words = settings.input * drawn
    cotangents = np.random.default_rng(settings.seeds["cotangents"]).normal(size=(chains, D))
    cotangents /= np.linalg.norm(cotangents, axis=1, keepdims=True)
    vocabulary = models.Vocabulary(["word", "start"])
    forest = models.chain_forest(np.zeros(chains * steps, int), np.full(chains, steps), vocabulary)
    leaves = np.zeros((len(forest.leaves), D))
    leaves[forest.word[forest.leaves] == 0] = words
    states = models.encode(cell, forest, leaves)
    (mg.gather(states["h"], forest.root) * cotangents).sum().backward()
    return Flow.of(states, forest)
