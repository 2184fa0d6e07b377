"""One training step, and a pass without one."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

import minigrad as mg
import models
from minigrad.internal import crew
from minigrad.nn import Parameter
from minigrad.optim import Optimizer
from models.direct import loss_and_gradients
from models.prepared import prepare, prepared_step

Penalty = Callable[[models.Forest, mg.NodeStates], mg.Tensor]
Clip = Callable[[Sequence[Parameter]], object]


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause Python's garbage collector.

    A graph is thousands of objects without cycles, which reference counts free. The collector, which runs
    whenever many objects are made, would walk through them again and again and find nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def training_step(
    model: models.TreeClassifier,
    optimizer: Optimizer,
    forest: models.Forest,
    mode: str = "compiled",
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    threads: int = 1,
) -> tuple[float, mg.NodeStates]:
    """Forward, backward, update.

    Parameters
    ----------
    model, optimizer, forest, mode
    penalty : function of the minibatch and its states, optional
        Its value is added to the loss: ``lambda forest, states: 1e-3 / len(forest) * nn.l1(states.h)``.
    clip : function of the parameters, optional
        Called between backward and update: ``partial(clip_grad_norm, max_norm=5.0)``.
    threads : int
        How many may work on a large minibatch, of more than some 1,400 inner nodes; results are the same bits
        for every number. One does all where a step takes a graph: with dropout of the classifier, for
        encoders and subclasses of `TreeClassifier`, for cells that can't be compiled or compute weights.

    Raises
    ------
    ValueError
        If `threads` is below 1, or above 1 in another mode or with a penalty, which take a graph.

    Returns
    -------
    float
        The loss, averaged over the trees, and the penalty, before the update. If it is not finite, there was
        no update.
    NodeStates
        Of the minibatch, with their gradients.
    """
    require_threads(threads, mode, penalty)
    without_graph = mode == "compiled" and penalty is None
    if without_graph and clip is None:
        found = prepared_step(model, optimizer, forest)
        if found is not None:
            return found
    optimizer.zero_grad()
    direct = loss_and_gradients(model, forest, threads) if without_graph else None
    if direct is not None:
        value, states = direct
    else:
        loss, states = model.loss(forest, mode)
        if penalty is not None:
            loss = loss + penalty(forest, states)
        value = float(loss)
        if math.isfinite(value):
            loss.backward()
    if math.isfinite(value):
        if clip is not None:
            clip(model.parameters())
        optimizer.step()
        if direct is not None:
            prepare(model, optimizer, forest)
    return value, states


def require_threads(threads: int, mode: str, penalty: Penalty | None) -> None:
    """Raise if a step can't be taken by so many threads; see `training_step`."""
    crew.require_threads(threads)
    if threads > 1 and (mode != "compiled" or penalty is not None):
        what = "a penalty is" if mode == "compiled" else f"mode {mode!r} is"
        raise ValueError(f"{what} computed through a graph, by one thread: {threads=} should be 1")


def passes(
    model: models.TreeClassifier, forest: models.Forest, batch: int, mode: str = "compiled"
) -> Iterator[tuple[np.ndarray, models.Forest, mg.NodeStates]]:
    """Yield what watchers are given, for each minibatch in order: forward and backward without an update.

    Yields
    ------
    (batch,) array of int, Forest, NodeStates
        The trees' numbers in the forest, the minibatch, its states with their gradients. The gradients of the
        model's parameters are cleared.
    """
    for start in range(0, len(forest), batch):
        trees = np.arange(start, min(start + batch, len(forest)))
        part = forest.select(trees)
        with no_collection():
            loss, states = model.loss(part, mode)
            loss.backward()
            del loss
        model.zero_grad()
        yield trees, part, states
