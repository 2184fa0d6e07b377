"""Sentiment: what is measured of a model, beside the same taken one by one."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
import models
import viz
from experiments.sentiment.accuracies import NAMES, accuracies, from_probabilities, most_frequent_class
from experiments.sentiment.gradients import root_norms, word_ratios
from experiments.sentiment.polarity import Polarity, polarity, rule
from experiments.sentiment.sentences import typical_sentences
from tests.experiments.sentiment import bank as sentiment_bank

FIVE = polarity(5)


@pytest.fixture(scope="module")
def forest():
    rng = np.random.default_rng(4)
    words = [*sentiment_bank.OPINIONS]
    trees = [sentiment_bank.tree(rng, rng.choice(words, n).tolist())[0] for n in (9, 1, 4, 12, 1, 7, 10, 11)]
    return models.Forest(trees)


def _model(forest, cell=models.RLSTM, D=4, seed=0):
    rng = np.random.default_rng(seed)
    model = models.TreeClassifier(cell(D, rng, dtype=np.float64), forest.vocabulary, 5, rng, "labelled")
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 0.7, parameter.shape)
    return model


def test_binary_sums_the_classes_of_each_side_and_leaves_neutral_labels_out():
    p = np.array(
        [
            [0.30, 0.00, 0.25, 0.23, 0.22],  # most probable: 0; in sum positive
            [0.05, 0.10, 0.80, 0.03, 0.02],  # neutral; of the sides, negative
            [0.10, 0.10, 0.10, 0.10, 0.60],
            [0.90, 0.00, 0.10, 0.00, 0.00],
        ]
    )
    label, is_root = np.array([3, 1, 2, 4]), np.array([True, True, True, False])
    found = from_probabilities(p, label, is_root, FIVE)
    assert found == {"root_fine": 0.0, "root_binary": 1.0, "all_fine": 0.0, "all_binary": 2 / 3}
    assert from_probabilities(p, np.array([0, 2, 2, 0]), is_root, FIVE) == {
        "root_fine": 2 / 3, "root_binary": 0.0, "all_fine": 0.75, "all_binary": 0.5,
    }  # fmt: skip
    nothing = from_probabilities(p[1:3], np.array([2, 2]), np.array([True, False]), FIVE)
    assert (nothing["root_binary"], nothing["all_binary"], nothing["all_fine"]) == (None, None, 0.5)


@pytest.mark.parametrize(
    ("sides", "binary"),
    [
        (polarity(3), [1.0, 0.0]),  # of rows 0 and 2; label 1 is neutral
        (polarity(2), [1.0, 0.0, 1.0]),
        (polarity(3, "2:0:1"), [1.0, 1.0]),
        (polarity(3, "0,1::2"), [1.0, 1.0, 0.0]),
    ],
)
def test_binary_accuracy_of_two_and_three_classes(sides, binary):
    p = np.array([[0.6, 0.1, 0.3], [0.1, 0.8, 0.1], [0.7, 0.1, 0.2]])
    label = np.array([0, 1, 2])
    if len(sides.negative + sides.neutral + sides.positive) == 2:
        p, label = np.array([[0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]), np.array([0, 0, 1])
    found = from_probabilities(p, label, np.array([True, False, False]), sides)
    assert found["all_binary"] == np.mean(binary)
    assert found["all_fine"] == np.mean(p.argmax(axis=1) == label)


def test_classes_without_sides_have_no_binary_accuracy():
    assert polarity(4) is polarity(7) is polarity(5, "none") is None
    found = from_probabilities(np.eye(4), np.arange(4), np.array([True, False, True, True]), None)
    assert (found["root_binary"], found["all_binary"], found["all_fine"]) == (None, None, 1.0)
    trees = models.Forest([models.Tree.parse("(3 (0 a) (0 b))")])
    assert np.isnan(most_frequent_class(trees, trees, None)["root_binary"])


def test_which_classes_are_negative_neutral_and_positive_can_be_said():
    assert polarity(5, "0,1:2:3,4") == FIVE
    assert polarity(5) == Polarity((0, 1), (2,), (3, 4))
    assert polarity(4, "0,3::1,2") == Polarity((0, 3), (), (1, 2))
    assert [str(polarity(k)) for k in (2, 3, 5)] == ["0::1", "0:1:2", "0,1:2:3,4"]
    assert rule(polarity(4, "0,3::1,2")) == "p(1) + p(2) > p(0) + p(3)"
    assert rule(polarity(3, "bad:so so:good", ["bad", "good", "so so"]), ["bad", "good", "so so"]) == (
        "p(good) > p(bad)"
    )
    for text in ("0:1", "0:x:1", "0::1,", ""):
        with pytest.raises(ValueError, match=r"as 0,1:2:3,4 or 0::1, not"):
            polarity(5, text)
    for text in ("0,1:2:3", "0,1:2,2:3,4", "0,1,2,3,4::", "0,1:2:3,5"):
        with pytest.raises(ValueError, match=r"once, 0\.\.4, and at least one negative and one positive"):
            polarity(5, text)


def test_the_most_frequent_class_is_train_s_and_one_of_each_kind_of_node():
    train = models.Forest(
        [*map(models.Tree.parse, ("(3 (0 a) (0 b))", "(3 (1 a) (4 b))", "(0 (2 a) (2 b))"))]
    )
    test = models.Forest([*map(models.Tree.parse, ("(3 (0 a) (0 b))", "(0 (4 a) (4 b))", "(2 (4 a) (2 b))"))])
    # Roots: 3 (twice of three), positive. All nodes: 0 (three of nine), negative (four of seven).
    assert most_frequent_class(train, test, FIVE) == {
        "root_fine": 1 / 3, "root_binary": 1 / 2, "all_fine": 3 / 9, "all_binary": 3 / 7,
    }  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_accuracies_are_those_of_every_tree_taken_alone(forest, batch):
    model = _model(forest)
    hits = {name: [] for name in NAMES}
    for tree in forest:
        alone = models.Forest([tree], forest.vocabulary)
        logits = model(alone, "level")[0].data
        for row, label in enumerate(alone.label):
            p = np.exp(logits[row])
            kinds = {"fine": p.argmax() == label}
            if label != 2:
                kinds["binary"] = bool(p[3] + p[4] > p[0] + p[1]) == (label > 2)
            for kind, hit in kinds.items():
                hits[f"all_{kind}"].append(hit)
                if row == alone.root[0]:
                    hits[f"root_{kind}"].append(hit)
    found = accuracies(model, forest, FIVE, "level", batch)
    assert found == {name: pytest.approx(np.mean(values)) for name, values in hits.items()}
    assert 0 < found["all_fine"] < 1


def test_nodes_without_a_label_are_not_counted():
    trees = [models.Tree.parse("(3 (Good) (2 film))"), models.Tree.parse("(1 (1 bad) ((the) (film)))")]
    forest = models.Forest(trees)
    model = _model(forest)
    p = np.exp(model(forest, "level")[0].data)
    assert len(p) == 4
    hits = p.argmax(axis=1) == [2, 3, 1, 1]  # in the order of the rows: film, root, bad, root
    assert accuracies(model, forest, FIVE, "level")["all_fine"] == hits.mean()
    assert accuracies(model, forest, FIVE, "level")["root_fine"] == hits[[1, 3]].mean()


@pytest.mark.parametrize("cell", [models.RNN, models.RLSTM])
def test_norms_are_those_of_the_root_s_loss_by_finite_differences(forest, cell):
    model = _model(forest, cell)
    tree = forest.select([2])
    norms = root_norms(model, tree, "node")
    label = tree.label[tree.root]

    def loss():
        states = mg.fold(model.cell, tree, mg.gather(model.L, tree.word[tree.leaves]), "node")
        top = mg.gather(states.h, tree.root)
        return mg.cross_entropy(top @ model.Ws.T + model.bs, label).item()

    # A word that occurs once in the sentence: its leaf's vector is its row of L.
    words, places, counts = np.unique(tree.word[tree.leaves], return_index=True, return_counts=True)
    once = np.flatnonzero(counts == 1)
    assert len(once)
    for k in once:
        slopes = []
        for d in range(4):
            before = model.L.data[words[k], d]
            values = []
            for step in (1e-6, -1e-6):
                model.L.data[words[k], d] = before + step
                values.append(loss())
            model.L.data[words[k], d] = before
            slopes.append((values[0] - values[1]) / 2e-6)
        assert norms[tree.leaves[places[k]]] == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


def test_ratios_are_taken_at_every_word_below_a_root_whatever_the_batches(forest):
    model = _model(forest)
    expected = []
    for tree in forest:
        alone = models.Forest([tree], forest.vocabulary)
        norm = root_norms(model, alone, "node")
        expected += [(alone.depth[k], norm[k] / norm[-1]) for k in alone.leaves if alone.depth[k] > 0]
    for batch in (1, 3, 100):
        depth, ratio = word_ratios(model, forest, "level", batch)
        np.testing.assert_array_equal(depth, [d for d, _ in expected])
        np.testing.assert_allclose(ratio, [r for _, r in expected], rtol=1e-9)


def test_measuring_leaves_no_gradient_no_dropout_and_the_head_as_it_was(forest):
    model = _model(forest)
    plain = root_norms(model, forest, "level")
    model.dropout = models.Dropout(0.5, 0.5, np.random.default_rng(0))
    np.testing.assert_array_equal(root_norms(model, forest, "level"), plain)
    assert model.head == "labelled"
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_norms_of_many_trees_are_those_that_a_picture_of_one_shows(forest):
    model = _model(forest)
    norms = root_norms(model, forest, "level")
    start = 0
    for tree, root in zip(forest, forest.root, strict=True):
        alone = viz.root_gradient_norms(model, tree)
        np.testing.assert_allclose(norms[start : root + 1] * len(forest), alone, rtol=1e-9)
        start = root + 1


def test_a_root_without_error_has_no_ratio(forest):
    model = _model(forest)
    model.Ws.data[...] = 0
    depth, ratio = word_ratios(model, forest, "level")
    assert len(depth) == len(ratio) > 0
    assert np.isnan(ratio).all()


def test_typical_sentences_fit_a_page_and_are_understood_by_all_models(forest):
    models_ = {"a": _model(forest), "b": _model(forest, models.RNN, seed=1)}
    root = forest.label[forest.root]
    found = typical_sentences(models_, forest, 2, FIVE.neutral)
    assert len(set(found)) == 2
    assert found == typical_sentences(models_, forest, 2, FIVE.neutral)
    # With models that are always right, the first choices have an opinion, 8 to 16 words, and depth.
    deep = [
        k
        for k, tree in enumerate(forest)
        if 8 <= len(tree.words()) <= 16 and root[k] != 2 and forest.select([k]).depth.max() >= 6
    ]
    assert deep

    class Right:
        def __init__(self, model):
            self._model = model

        def __getattr__(self, name):
            return getattr(self._model, name)

        def predict(self, forest, mode):
            return forest.label

    import experiments.sentiment.sentences as sentences

    norms = sentences.root_norms
    try:
        sentences.root_norms = lambda model, *rest: norms(model._model, *rest)
        chosen = typical_sentences({"a": Right(models_["a"])}, forest, len(deep), FIVE.neutral)
    finally:
        sentences.root_norms = norms
    assert sorted(chosen) == deep
