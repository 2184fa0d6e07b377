"""Cells that compute along their rows train: without a graph, in shards, over chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training.step import training_step
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import AdaGrad
from models.direct import loss_and_gradients
from tests.minigrad.fold_contract.reference import dense
from tests.minigrad.poison import poison

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
VOCABULARY = models.Vocabulary(map(str, range(9)))
D = 6


class Normed(mg.Cell):
    """Layer norm, attention over both children, and slices of one product."""

    parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))

    def __init__(self, rng: np.random.Generator) -> None:
        self.W = mg.nn.Parameter(rng.normal(size=(2 * D, 2 * D)))
        self.w = mg.nn.Parameter(rng.normal(size=(1, D)))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        z = mg.layer_norm(mg.concat([left.h, right.h], axis=1) @ self.W.T)
        a = mg.softmax(mg.concat([left.h @ self.w.T, right.h @ self.w.T], axis=1))
        c = a[:, :1] * left.c + a[:, 1:] * right.c + mg.tanh(z[:, :D])
        return {"h": mg.sigmoid(z[:, D:]) * c + right.h, "c": c}


class Computed(Normed):
    """Weights that are computed of parameters: their gradients are NumPy's."""

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        W = mg.tanh(self.W)
        h = mg.tanh(left.h @ W[:D, :D].T + right.h @ (W[D:, D:] @ W[:D, D:]) + mg.sum(self.w))
        return {"h": h, "c": left.c + h * self.w}


class NormedElman(mg.Cell):
    """Layer norm over a chain."""

    parts = (mg.Part("h", D),)
    right_parts = (mg.Part("x", 4),)

    def __init__(self, rng: np.random.Generator) -> None:
        self.U, self.W = (mg.nn.Parameter(rng.normal(size=(D, k))) for k in (4, D))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return h."""
        return mg.tanh(
            mg.layer_norm(mg.concat([right.x, left.h], axis=1)) @ mg.concat([self.U, self.W], axis=1).T
        )


def setup(kind: Any, lengths: Any = (5, 1, 30, 2)) -> tuple[models.TreeClassifier, models.Forest]:
    rng = np.random.default_rng(3)
    cell = kind(rng)
    model = models.TreeClassifier(cell, VOCABULARY, 4, rng)
    model.L.data *= 1e4  # away from zero
    labels = rng.integers(4, size=len(lengths))
    if kind is NormedElman:
        words = rng.integers(9, size=sum(lengths))
        ends = np.full(len(words), -1)
        ends[np.cumsum(lengths) - 1] = labels
        return model, models.chain_forest(words, lengths, VOCABULARY, labels=ends)
    return model, models.random_forest(rng, lengths, vocabulary=VOCABULARY, labels=labels)


def gradients(model: models.TreeClassifier, forest: models.Forest, mode: str) -> dict[str, np.ndarray]:
    model.zero_grad()
    loss, _ = model.loss(forest, mode)
    loss.backward()
    return {name: dense(p) for name, p in model.named_parameters()} | {"loss": loss.data}


@pytest.mark.parametrize("kind", [Normed, Computed, NormedElman])
def test_a_model_s_loss_and_gradients_are_those_of_mode_node(kind: Any, monkeypatch: Any) -> None:
    poison(monkeypatch, "minigrad.fold.compiler.evaluation")
    model, forest = setup(kind)
    found, expected = (gradients(model, forest, mode) for mode in ("compiled", "node"))
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            found[name], wanted, rtol=0, atol=1e-12 * np.abs(wanted).max(), err_msg=name
        )


def test_no_graph_is_needed_but_for_computed_weights() -> None:
    for kind, direct in ((Normed, True), (NormedElman, False), (Computed, False)):
        model, forest = setup(kind)
        found = loss_and_gradients(model, forest)
        assert (found is not None) is direct
        if found is not None:
            expected = gradients(setup(kind)[0], forest, "level")
            for name, p in model.named_parameters():
                np.testing.assert_allclose(dense(p), expected[name], rtol=0, atol=1e-12)


def test_two_threads_train_to_the_same_bits_as_one() -> None:
    found = []
    for threads in (1, 2):
        model, forest = setup(Normed, [100] * 24)
        optimizer = AdaGrad(model.parameters(), lr=0.05)
        losses = [training_step(model, optimizer, forest, threads=threads)[0] for _ in range(3)]
        found.append([*losses, *(p.data for p in model.parameters())])
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_training_follows_the_computed_weights() -> None:
    model, forest = setup(Computed)
    optimizer = AdaGrad(model.parameters(), lr=0.05)
    losses = [float(training_step(model, optimizer, forest)[0]) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]
