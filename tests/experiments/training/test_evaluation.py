"""How often a classifier is right, and how often who always gives the same answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training.evaluation import accuracy, hits, majority_accuracy

WORDS = models.Vocabulary(["good", "bad", "not"])
TEXTS = ["(0 good)", "(1 (0 not) (2 bad))", "(2 bad)", "(0 (1 good) (2 not))", "(1 not)"]


def _classifier() -> models.TreeClassifier:
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RNN(3, rng), WORDS, 3, rng)
    with mg.no_grad():
        model.L.copy_(rng.normal(size=model.L.shape))
    return model


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 500])
def test_every_tree_counts_once_whatever_the_batch(batch: int) -> None:
    model, forest = _classifier(), models.Forest([models.Tree.parse(text) for text in TEXTS], WORDS)
    expected = [
        int(model(forest.select([k]), "node")[0].data.argmax()) == forest.label[forest.root[k]]
        for k in range(5)
    ]
    assert 0 < sum(expected) < 5
    assert hits(model, forest, batch, "level").tolist() == expected
    assert accuracy(model, forest, batch, "level") == sum(expected) / 5


@pytest.mark.parametrize("training", [True, False])
def test_a_model_stays_in_its_state_and_is_measured_without_dropout(training: bool) -> None:
    model, forest = _classifier(), models.Forest([models.Tree.parse(text) for text in TEXTS], WORDS)
    expected = hits(model, forest, mode="level").tolist()
    model.dropout = models.Dropout(0.9, 0.9, np.random.default_rng(1))
    model.train(training)
    assert hits(model, forest, mode="level").tolist() == expected
    assert model.training is training


@pytest.mark.parametrize(
    ("train", "labels", "share"),
    [
        ([2, 1, 1, 0], [1, 2, 1, 0], 0.5),
        ([2, 2, 1, 1, 0], [1, 2, 2], 1 / 3),  # the lowest of equals
        ([4], [4, 4], 1.0),
        ([True, False, True], [False, True, False, False], 0.25),
        ([3, 3, 1], [0], 0.0),
    ],
)
def test_the_most_frequent_class_is_that_of_the_training_data(
    train: list, labels: list, share: float
) -> None:
    assert majority_accuracy(np.array(train), np.array(labels)) == pytest.approx(share)


@pytest.mark.parametrize(("train", "labels"), [([], [1]), ([1], []), ([], [])])
def test_without_labels_there_is_no_accuracy(train: list, labels: list) -> None:
    assert math.isnan(majority_accuracy(np.array(train, int), np.array(labels, int)))
