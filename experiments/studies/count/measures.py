"""How well a model counts: which strings it accepts, its loss on the determined symbols, and its traces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import minigrad as mg
import models
from experiments.studies.count.task import determined, strings
from experiments.studies.exam import outcomes

POSITIONS_AT_ONCE = 20_000


def accepted(
    model: models.TreeClassifier, counts: Sequence[int], mode: str = "compiled"
) -> tuple[np.ndarray, float]:
    """Return which strings the model accepts, and its loss.

    Parameters
    ----------
    model : TreeClassifier
    counts : sequence of int
        n of every string.
    mode : str
        Of the fold.

    Returns
    -------
    (S,) array of bool
        Whether every determined symbol of the string is the most probable one.
    float
        The mean cross-entropy, in nats, over the determined symbols of all strings.
    """
    right, total, symbols = [], 0.0, 0
    for part in _parts(counts, len(model.vocabulary) - 1):
        forest = strings(part, model.vocabulary)
        (losses, hits), known = outcomes(model, forest, mode), determined(forest)
        total, symbols = total + float(losses[known].sum()), symbols + int(known.sum())
        right.append(np.bincount(forest.tree[forest.inner], known & ~hits, minlength=len(part)) == 0)
    return np.concatenate(right), total / symbols


def reach(accepts: Sequence[bool]) -> int:
    """Return the largest n such that all strings up to n are accepted; `accepts` begins with n = 1."""
    return int(np.argmin([*accepts, False]))


def trace(model: models.TreeClassifier, count: int, mode: str = "compiled") -> np.ndarray:
    """Return the cell's memory while it reads one string, or its state if it has no memory.

    Returns
    -------
    (positions, D) array
    """
    forest = strings([count], model.vocabulary)
    with mg.no_grad():
        states = model(forest, mode)[1]
    held: np.ndarray = states[model.cell.parts[-1].name].data[forest.inner]
    return held


def _parts(counts: Sequence[int], letters: int) -> list[Sequence[int]]:
    """Return the counts in pieces of bounded length, each of at least one string."""
    parts: list[list[int]] = [[]]
    held = 0
    for count in counts:
        if parts[-1] and held + letters * count > POSITIONS_AT_ONCE:
            parts.append([])
            held = 0
        parts[-1].append(count)
        held += letters * count
    return list(parts)
