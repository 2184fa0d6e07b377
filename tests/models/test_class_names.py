"""Classes by name: labels of trees, of a model, in a file."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.training import accuracy, fit
from minigrad.optim import AdaGrad
from models import RNN, Forest, ForestError, Tree, TreeClassifier, Vocabulary, class_names, direct

TREES = list(map(Tree.parse, ["(good (great) (film))", "(bad (bad bad) (film))", "(good great)"]))
WORDS = Vocabulary(["great", "bad", "film"], "<unk>")
NAMES = ("bad", "good")


def model(classes=NAMES, head="root"):
    return TreeClassifier(RNN(3, np.random.default_rng(0)), WORDS, classes, np.random.default_rng(1), head)


def test_names_of_classes_are_the_labels_in_their_order():
    assert class_names(tree.label for tree in TREES) == NAMES
    assert class_names(["1", None, "0"]) is None
    assert class_names(["10", "2", "x"]) == ("10", "2", "x")


def test_labels_are_names_in_a_forest_and_come_back():
    forest = Forest(TREES, WORDS, NAMES)
    assert forest.label.tolist() == [-1, -1, 1, 0, -1, 0, 1]
    assert list(forest) == TREES
    assert list(forest.select([2, 0])) == [TREES[2], TREES[0]]
    binary = models.binarise(models.collapse_unary(Tree.parse("(good (NP (x) (bad y) (z)))")))
    assert str(binary) == "(good+NP (@good+NP (x) (bad y)) (z))"
    assert Forest([binary], classes=NAMES).label.tolist() == [-1, 0, -1, -1, 1]
    with pytest.raises(
        ForestError, match="node 2 of tree 1, 'y', has the label 'NP', but the classes are bad, good"
    ):
        Forest([Tree.parse("(good (x) (NP y))")], classes=NAMES)


@pytest.mark.parametrize(
    ("classes", "error", "told"),
    [
        ("bad", TypeError, "a list of names"),
        (["bad", 1], TypeError, "called by a str, not by int"),
        (["bad", ""], ValueError, "not empty"),
        (["bad"], ValueError, "at least two classes, of different names, not bad"),
        (["bad", "bad"], ValueError, "of different names"),
        (1.5, TypeError, "how many there are, or a list of their names"),
    ],
)
def test_names_that_are_none_are_refused(classes, error, told):
    with pytest.raises(error, match=told):
        model(classes)


def test_a_model_of_names_trains_as_one_of_numbers_and_tells_probabilities(tmp_path):
    named, numbered = model(), model(2)
    plain = Forest([tree.map(label={"bad": "0", "good": "1", None: None}.get) for tree in TREES], WORDS)
    named_forest = named.forest(TREES)
    for one, forest in ((named, named_forest), (numbered, plain)):
        rng = np.random.default_rng(0)
        fit(one, AdaGrad(one.parameters(), lr=0.5), forest, forest, batch_size=2, rng=rng, max_epochs=20)
        assert accuracy(one, forest) == 1
    assert named.Ws.data.tobytes() == numbered.Ws.data.tobytes()
    p = named.probabilities(named_forest)
    assert p.shape == (3, 2)
    assert np.allclose(p.sum(axis=1), 1)
    assert [named.name(k) for k in p.argmax(axis=1)] == [tree.label for tree in TREES]
    assert numbered.name(1) == "1"
    loaded = models.load(models.save(tmp_path / "m.npz", named))
    assert loaded.names == NAMES
    assert loaded.probabilities(named_forest).tobytes() == p.tobytes()


def test_labels_of_other_classes_are_refused_in_every_way_to_the_loss():
    other = Forest(TREES, WORDS, ("good", "bad"))
    assert direct.loss_and_gradients(model(), other) is None
    with pytest.raises(ValueError, match="of the classes good, bad, the model's are bad, good"):
        model().loss(other)
    with pytest.raises(ValueError, match=r"of the classes good, bad, the model's are 0\.\.1"):
        model(2).loss(other)
    with pytest.raises(ValueError, match="nothing to classify"):
        model(head="labelled").probabilities(Forest([Tree("good", "great").map(lambda label: None)], WORDS))
