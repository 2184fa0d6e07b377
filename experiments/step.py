"""One training step."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from contextlib import contextmanager

import minigrad as mg
import models
from minigrad.optim import Optimizer
from models.direct import loss_and_gradients


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause Python's garbage collector.

    A graph is thousands of objects without a cycle: it is freed by reference counts, and the collector,
    woken by their number, walks through them again and again and finds nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def training_step(
    model: models.TreeClassifier, optimizer: Optimizer, forest: models.Forest, mode: str = "compiled"
) -> tuple[float, mg.NodeStates]:
    """Forward, backward, update.

    Returns
    -------
    float
        The loss, averaged over the trees, before the update. If it is not finite, there was no update.
    NodeStates
        With their gradients, for those who watch them.
    """
    optimizer.zero_grad()
    direct = loss_and_gradients(model, forest) if mode == "compiled" else None
    if direct is not None:
        if math.isfinite(direct[0]):
            optimizer.step()
        return direct
    loss, states = model.loss(forest, mode)
    value = float(loss)
    if math.isfinite(value):
        loss.backward()
        optimizer.step()
    return value, states
