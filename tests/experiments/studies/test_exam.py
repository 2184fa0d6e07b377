"""The loss of every answer, and the score that is made of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.studies.exam import Exam, outcomes

WORDS = models.Vocabulary(["a", "b"])
FOREST = models.Forest([models.Tree.parse(text) for text in ("(0 a)", "(1 a)", "(0 b)")], WORDS)


def _model(scores: list[list[float]]) -> models.TreeClassifier:
    """A classifier that gives each word these scores: its leaves are one-hot, its bias is 0."""
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RNN(2, rng), WORDS, 2, rng)
    with mg.no_grad():
        model.L.copy_(np.eye(2))
        model.Ws.copy_(np.transpose(scores))
    return model


def test_losses_are_those_of_softmax_in_float64() -> None:
    model = _model([[20.0, 0.0], [-1.0, 2.0]])
    assert model.Ws.dtype == np.float32  # in which the first loss would be 0
    losses, right = outcomes(model, FOREST, "level")
    assert losses.dtype == np.float64
    expected = [math.log1p(math.exp(-20)), math.log1p(math.exp(-20)) + 20, math.log1p(math.exp(3))]
    np.testing.assert_allclose(losses, expected, rtol=1e-7)  # ε beside e^−20 is 5e-8
    assert right.tolist() == [True, False, False]


def test_scores_too_large_for_exp_have_losses() -> None:
    losses, _ = outcomes(_model([[1e4, 0.0], [0.0, 1e4]]), FOREST, "level")
    assert losses.tolist() == [0, 1e4, 1e4]


def test_the_score_is_the_mean_probability_and_what_was_found_is_kept() -> None:
    exam = Exam(lambda model: {"dev_loss": math.log(4), "other": 1.0})
    assert exam.found == {}
    assert exam(_model([[0.0, 0.0]] * 2)) == pytest.approx(1 / 4)
    assert exam.found["other"] == 1.0
