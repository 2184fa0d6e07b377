"""The proof, before anything is timed, that a system computes what minigrad's level mode computes."""

from __future__ import annotations

import numpy as np

from experiments.bench.systems import Builder
from experiments.bench.workload import new_model
from models import Forest, TreeClassifier, Vocabulary

LOSS = 1e-5
GRADIENT = 1e-4  # of the tensor's largest element: sums of float32 in another order
UPDATED_LOSS = 1e-3  # AdaGrad's first step has the sign of g also where g is rounding noise


class DisagreementError(Exception):
    """A system computes something else, so its time would mean nothing."""


def saturated_model(cell: str, words: Vocabulary) -> TreeClassifier:
    """Return a model whose word vectors and biases are large, so that no gate and no bias idles.

    With the paper's word vectors of at most 1e-4 every gate is near its middle, and a peer with two
    matrices exchanged would hardly be noticed.
    """
    model = new_model(cell, words)
    rng = np.random.default_rng(1)
    for parameter in model.parameters():
        if parameter.ndim == 1 or parameter is model.L:
            parameter.data[...] = rng.uniform(-1, 1, parameter.shape)
    return model


def check(name: str, build: Builder, reference: Builder, cell: str, forest: Forest) -> dict[str, float]:
    """Compare the loss, the gradient of every parameter, and the loss after one update.

    Returns
    -------
    dict
        The largest relative differences that were seen.

    Raises
    ------
    DisagreementError
        If one is above its tolerance; the text names it.
    """
    one, other = (make(saturated_model(cell, forest.vocabulary)) for make in (reference, build))
    batch, other_batch = one.prepare(forest), other.prepare(forest)
    seen = {"loss": _difference(one.backward(batch), other.backward(other_batch))}
    _refuse(name, cell, "loss", seen["loss"], LOSS)
    expected, found = one.gradients(), other.gradients()
    if expected.keys() != found.keys():
        missing = sorted(expected.keys() ^ found.keys())
        raise DisagreementError(f"{name} is not timed: it has no gradients of {missing} of {cell}")
    seen["gradient"] = 0.0
    for parameter, gradient in expected.items():
        difference = _difference(gradient, found[parameter])
        _refuse(name, cell, f"gradient of {parameter}", difference, GRADIENT)
        seen["gradient"] = max(seen["gradient"], difference)
    one.step(batch)
    other.step(other_batch)
    seen["updated_loss"] = _difference(one.backward(batch), other.backward(other_batch))
    _refuse(name, cell, "loss after one update", seen["updated_loss"], UPDATED_LOSS)
    return seen


def _difference(expected: np.ndarray | float, found: np.ndarray | float) -> float:
    """Return max|a−b| / max|a|."""
    return float(np.abs(np.subtract(expected, found)).max() / np.abs(expected).max())


def _refuse(name: str, cell: str, what: str, difference: float, tolerance: float) -> None:
    if not difference <= tolerance:
        raise DisagreementError(
            f"{name} is not timed: the {what} of {cell} differs from minigrad's by {difference:.1e} "
            f"of its largest element, and {tolerance:.0e} is allowed"
        )
