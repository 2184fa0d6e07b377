"""Cells with any number of children beside their equations, in all modes, trained, saved and drawn."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
import viz
from experiments.training import accuracy, fit
from minigrad.monitor.families import depths_and_roots, parents
from minigrad.symbol import UnsupportedError
from models import (
    RNN,
    ChildSumTreeLSTM,
    DependencyRNN,
    DependencyTree,
    ForestError,
    TreeClassifier,
    TreeForest,
    Vocabulary,
    random_dependencies,
)
from models.cells import NARY_CELLS
from viz.root_class import root_class

SENTENCES = [
    DependencyTree(
        ["the", "cat", "often", "sleeps", "very", "well"],
        [1, 3, 3, -1, 5, 3],
        None,
        [None, "0", None, "1", None, "1"],
    ),
    DependencyTree(["yes"], [-1], None, ["0"]),
    DependencyTree(["a", "a", "a", "a"], [-1, 0, 1, 2], None, ["1", None, None, None]),
]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(cell, sentence, vector):
    """The states of Tai et al. (2015), equations 2 to 8, word by word and with a loop over children."""
    p = {name: parameter.data for name, parameter in cell.named_parameters()}
    h, c = {}, {}
    for j in sentence.postorder():
        x, below = vector[sentence.words()[j]], sentence.children()[j]
        tilde = sum((h[k] for k in below), start=np.zeros(cell.parts[0].width))
        if isinstance(cell, DependencyRNN):
            h[j] = np.tanh(p["W"] @ x + sum((p["U"] @ h[k] for k in below), start=0) + p["b"])
            continue
        i, o = (sigmoid(p[f"W{g}"] @ x + p[f"U{g}"] @ tilde + p[f"b{g}"]) for g in "io")
        u = np.tanh(p["Wu"] @ x + p["Uu"] @ tilde + p["bu"])
        c[j] = i * u
        for k in below:
            c[j] = c[j] + sigmoid(p["Wf"] @ x + p["Uf"] @ h[k] + p["bf"]) * c[k]
        h[j] = o * np.tanh(c[j])
    return h, c


@pytest.mark.parametrize("mode", ["node", "level"])
@pytest.mark.parametrize("kind", NARY_CELLS.values())
def test_states_are_those_of_the_equations(kind, mode):
    rng = np.random.default_rng(0)
    cell = kind(5, rng, W=3, dtype=np.float64)
    for parameter in cell.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape)
    forest = TreeForest(SENTENCES)
    vector = {word: rng.normal(size=3) for word in forest.vocabulary.words}
    words = np.array([vector[forest.vocabulary.word(k)] for k in forest.word])
    states = mg.fold(cell, forest, words, mode)
    start = 0
    for sentence in SENTENCES:
        expected = by_hand(cell, sentence, vector)
        for row, place in enumerate(sentence.postorder(), start):
            for name, values in zip(states, expected, strict=False):
                np.testing.assert_allclose(states[name].data[row], values[place], rtol=0, atol=1e-14)
        start += len(sentence)


@pytest.mark.parametrize("kind", NARY_CELLS)
def test_a_cell_passes_every_check(kind):
    report = models.check_cell(kind, SENTENCES)
    assert report
    assert any(line.detail.startswith("runs as level: its nodes have any number") for line in report.lines)


def test_a_cell_is_checked_over_trees_whose_labels_are_names():
    trees = TreeForest(
        [SENTENCES[0].with_label("good"), SENTENCES[1].with_label("bad")], classes=["bad", "good"]
    )
    assert models.check_cell("DependencyRNN", trees, modes=["level"])
    assert models.check_cell("RNN", ["(S (NP (D the) (N cat)) (V sleeps))"], modes=["level"])


def test_a_wrong_cell_is_found():
    class Mixes(DependencyRNN):
        def compose(self, word, children):
            return super().compose(word, children) + mg.sum(word, axis=0, keepdims=True)

    with pytest.raises(models.CellCheckError, match="compose mixes nodes"):
        models.check_cell(Mixes, SENTENCES)


def test_compiled_says_why_and_where_once_and_runs_as_level():
    class Own(DependencyRNN):
        def compose(self, word, children):
            x = word @ self.W.T
            return mg.tanh(x + children.sum(children.h) @ self.U.T)

    forest, rng = TreeForest(SENTENCES), np.random.default_rng(0)
    model = TreeClassifier(Own(4, rng), forest.vocabulary, 2, rng)
    with pytest.warns(mg.CompileWarning, match="Own can't be compiled .* any number of children") as told:
        compiled = model.predict(forest)
    assert told[0].lineno == Own.compose.__code__.co_firstlineno + 2
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.predict(forest).tolist() == compiled.tolist() == model.predict(forest, "level").tolist()


def test_what_compose_does_wrong_is_refused_by_name():
    class Wrong(DependencyRNN):
        wrong = None

        def compose(self, word, children):
            return self.wrong(word, children)

    cell, forest = Wrong(3, np.random.default_rng(0)), TreeForest(SENTENCES)
    words = np.ones((forest.n_nodes, 3), np.float32)
    for wrong, error, told in [
        (lambda w, c: c.sum(w), mg.ShapeError, r"children.sum takes a row per child, \(0, D\), not \(5, 3\)"),
        (lambda w, c: c.each(c.h), mg.ShapeError, r"children.each takes a row per node, \(5, D\)"),
        (lambda w, c: c.c, AttributeError, "no part 'c'; their cell declares h"),
        (lambda w, c: None, TypeError, "compose of Wrong returned nothing"),
        (lambda w, c: c.h, mg.ShapeError, r"in level 0, 5 nodes from .*: part 'h' is float32 \(0, 3\)"),
    ]:
        cell.wrong = wrong
        with pytest.raises(error, match=told):
            mg.fold(cell, forest, words)
    with pytest.raises(mg.ShapeError, match=r"words \(2, 3\) for 11 nodes of width 3"):
        mg.fold(cell, forest, words[:2])
    with pytest.raises(TypeError, match="arrays child, offset and height"):
        mg.fold(cell, models.Forest([models.Tree("0", "a")]), words[:1])


def test_trees_and_cells_of_different_kinds_are_refused():
    forest, rng = TreeForest(SENTENCES), np.random.default_rng(0)
    with pytest.raises(ForestError, match="RNN can't read a TreeForest: dependency trees"):
        TreeClassifier(RNN(3, rng), forest.vocabulary, 2, rng).predict(forest, "level")
    binary = models.Forest([models.Tree("0", "yes")], forest.vocabulary)
    with pytest.raises(ForestError, match="DependencyRNN can't read a Forest"):
        TreeClassifier(DependencyRNN(3, rng), forest.vocabulary, 2, rng).predict(binary, "level")


@pytest.mark.parametrize("head", ["labelled", pytest.param("root", marks=pytest.mark.slow)])
def test_it_learns_through_fit_is_saved_and_drawn(tmp_path, head):
    rng = np.random.default_rng(0)
    words = Vocabulary(["good", "bad", "film", "very"], "<unk>")
    trees = []
    for k in range(60):
        sentence = random_dependencies(rng, [1 + k % 7], vocabulary=words)[0]
        said = Counter(sentence.words())
        trees.append(sentence.with_label("well" if said["good"] >= said["bad"] else "ill"))
    model = TreeClassifier(ChildSumTreeLSTM(10, rng, W=6), words, ("ill", "well"), rng, head)
    train = model.forest(trees)
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=0.1)
    options = {"batch_size": 5, "rng": rng, "max_epochs": 15, "patience": 15, "mode": "level"}
    fit(model, optimizer, train, train, checkpoint=tmp_path / "run", **options)
    assert accuracy(model, train, mode="level") > 0.9
    again = {**options, "max_epochs": 1}
    (epoch,) = fit(model, optimizer, lambda number: train, train, **again)  # trees of every epoch, too
    assert epoch.dev_accuracy > 0.9

    loaded = models.load(models.save(tmp_path / "m.npz", model))
    assert loaded.probabilities(train, "level").tobytes() == model.probabilities(train, "level").tobytes()
    sentence = DependencyTree(["film", "very", "good"], [-1, 2, 0])
    norms = viz.root_gradient_norms(loaded, sentence)
    text = viz.TreePicture(sentence, norms).to_text()
    assert text.index("film") < text.index("good") < text.index("very")  # heads first
    forest = TreeForest([sentence.with_label(str(root_class(loaded, sentence).of))], words)
    loss, states = loaded.loss(forest, "node")
    loss.backward()
    np.testing.assert_allclose(norms, np.linalg.norm(np.asarray(states.h.grad), axis=1), rtol=1e-5)


def test_random_dependencies_are_projective_trees_of_the_lengths_given():
    rng = np.random.default_rng(0)
    words = Vocabulary(["a", "b"])
    forest = random_dependencies(rng, [1, 2, 30, 7], vocabulary=words, labels=[0, 1, 2, 3])
    assert [len(tree) for tree in forest] == [1, 2, 30, 7]
    assert [tree.label for tree in forest] == list("0123")
    for tree in forest:
        spans = [(min(k, head), max(k, head)) for k, head in enumerate(tree.heads) if head >= 0]
        assert not any(a < c < b < d for a, b in spans for c, d in spans)
    again = TreeForest(list(forest), words)
    for name in ("parent", "child", "offset", "word", "label", "depth", "height", "position", "root"):
        assert getattr(again, name).tolist() == getattr(forest, name).tolist(), name
    some = random_dependencies(rng, [20] * 500, vocabulary=words)
    counts = np.bincount(np.diff(some.offset))
    assert counts.size > 5  # many children
    assert 0.4 < counts[0] / some.n_nodes < 0.6


def test_the_monitor_sees_dependency_trees():
    forest, rng = TreeForest(SENTENCES), np.random.default_rng(0)
    model = TreeClassifier(DependencyRNN(4, rng), forest.vocabulary, 2, rng)
    with mg.no_grad():
        model.cell.U.copy_(model.cell.U.data * 1e-3)
    seen = []
    rules = [mg.monitor.Vanishing(min_count=1, patience=1, min_depth=2), mg.monitor.Dead(patience=1)]
    monitor = mg.monitor.Monitor(rules, action=seen.append)
    loss, states = model.loss(forest, "node")
    with mg.record_gradients():
        loss.backward()
    monitor.observe(states, forest, loss=loss, parameters=dict(model.named_parameters()))
    [alert] = seen
    assert "vanishing" in str(alert)
    assert "of tree" in str(alert)
    depth, root = depths_and_roots(forest)
    assert depth.tolist() == forest.depth.tolist()
    assert root.tolist() == forest.root[forest.tree].tolist()
    assert parents(forest).tolist() == forest.parent.tolist()
    binary = models.Forest(map(models.Tree.parse, ["(1 ((a) (b)) (c))", "(1 d)"]))
    assert parents(binary).tolist() == binary.parent.tolist()


def test_what_is_for_sentences_and_binary_trees_says_so():
    with pytest.raises(TypeError, match="the sentences of a Forest, not of a TreeForest"):
        models.as_chains(TreeForest(SENTENCES))
    with pytest.raises(models.CellError, match="ChildSumTreeLSTM reads dependency trees"):
        models.cell("ChildSumTreeLSTM")


@pytest.mark.parametrize("show", [mg.fold_source, mg.explain_fold])
def test_there_is_no_compiled_form_to_be_shown(show: Any) -> None:
    cell = models.ChildSumTreeLSTM(2, np.random.default_rng(0))
    with pytest.raises(UnsupportedError, match="ChildSumTreeLSTM, which composes any number of children"):
        show(cell)
