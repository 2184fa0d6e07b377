"""A compiled training step piece by piece, to time the pieces or to replace one."""

from __future__ import annotations

import time

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.fold.compiler import CompiledCell, evaluate, ready
from minigrad.internal.flat import add_gradient, add_gradients
from minigrad.optim import Optimizer
from models import Forest, TreeClassifier


def step_in_pieces(model: TreeClassifier, optimizer: Optimizer, forest: Forest) -> list[float]:
    """Train on one minibatch, as `training_step` does, which has all but the last piece in one function.

    Returns
    -------
    list of float
        Seconds: forward, with the order of the nodes and the word vectors; the loss and its derivatives;
        backward; the optimiser.
    """
    times = [time.perf_counter()]

    def lap() -> None:
        times.append(time.perf_counter())

    L, W, b = model.L.data, model.Ws.data, model.bs.data
    code = ready(model.cell, L.dtype)
    assert isinstance(code, CompiledCell), "the benchmark's cells are compiled"
    evaluation = evaluate(code, forest, L, lambda leaves: forest.word[leaves], keep=True)
    lap()
    gradient = np.empty(W.size + b.size + code.size, L.dtype)
    by_W, by_b, by_cell = np.split(gradient, [W.size, W.size + b.size])
    by_h, labels = np.empty((len(forest), W.shape[1]), L.dtype), model.labels(forest)
    kernels.linear_cross_entropy(
        by_h, by_W.reshape(W.shape), by_b, evaluation.states["h"], W, b, forest.root, labels, 1 / len(forest)
    )
    lap()
    given = {"h": SparseRows(forest.root, by_h, forest.n_nodes)}
    by_leaves = evaluation.differentiate(given, evaluation.new_gradients(), by_cell)
    by_words = SparseRows(evaluation.words, by_leaves, len(L)).summed()
    lap()
    add_gradient(model.L, by_words)
    add_gradients([model.Ws, model.bs, *evaluation.parameters], gradient)
    optimizer.step()
    optimizer.zero_grad()
    del evaluation  # what it holds is freed
    lap()
    return np.diff(times).tolist()
