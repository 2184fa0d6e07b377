"""What models begin with, and what they compute then: drawn from a seed, beside references.

Stored rows and models of other people depend on it. A wanted change:
``REWRITE_REFERENCES=1 python -m pytest tests/models``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import models
from minigrad.cotangent import as_dense
from tests.references import assert_reference

VOCABULARY = models.Vocabulary(["not", "so", "bad", "film"])
TREES = [
    models.Tree.parse(text) for text in ("(3 (2 not) (1 (0 so) (4 bad)))", "(1 film)", "(2 (0 not) (1 film))")
]


def _model(name: str, head: str = "root") -> models.TreeClassifier:
    rng = np.random.default_rng(5)
    cell = models.CELLS[name](3, rng, dtype=np.float64)
    model = models.TreeClassifier(cell, VOCABULARY, 5, rng, head)
    model.L.data[...] *= 1e4  # as if trained: gates leave their middle
    return model


def _told(model: models.TreeClassifier, forest: models.Forest) -> Iterator[str]:
    """Yield the parameters, their gradients, the loss and the scores."""
    loss, _ = model.loss(forest, "level")
    loss.backward()
    for name, parameter in model.named_parameters():
        gradient = "none" if parameter.grad is None else _digits(as_dense(parameter.grad))
        yield f"{name} {parameter.shape} = {_digits(parameter.data)}; gradient {gradient}"
    yield f"loss = {float(loss.item()):.5g}"
    yield f"scores = {_digits(model(forest, 'level')[0].data)}"


def _digits(values: np.ndarray) -> str:
    shown = " ".join(f"{value if abs(value) > 1e-12 else 0:.4g}" for value in values.ravel()[:6])
    return f"{shown}{' …' * (values.size > 6)} (sum {values.sum():.4f})"


@pytest.mark.parametrize("name", models.CELLS)
def test_a_model_of_a_seed_begins_as_ever(name: str) -> None:
    forest = models.Forest(TREES, VOCABULARY)
    if name in models.CHAIN_CELLS:
        forest = models.as_chains(forest)
    assert_reference(f"models/references/initial-{name}.txt", "\n".join(_told(_model(name), forest)))


@pytest.mark.parametrize("shape", models.SHAPES)
def test_trees_of_a_seed_are_drawn_as_ever(shape: str) -> None:
    drawn = models.random_forest(
        np.random.default_rng(7), [1, 2, 5, 9], shape, vocabulary=VOCABULARY, labels=[0, 1, 2, 3]
    )
    text = "\n".join(str(drawn.to_tree(k)) for k in range(len(drawn)))
    assert_reference(f"models/references/drawn-{shape}.txt", text)


def test_dropout_of_a_seed_is_drawn_as_ever() -> None:
    model = _model("RNN", "labelled")
    model.dropout = models.Dropout(words=0.5, states=0.25, rng=np.random.default_rng(3))
    assert_reference(
        "models/references/dropout.txt", "\n".join(_told(model, models.Forest(TREES, VOCABULARY)))
    )
