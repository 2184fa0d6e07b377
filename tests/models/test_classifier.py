from __future__ import annotations

import inspect

import numpy as np
import pytest

import minigrad as mg
from experiments.training.loop import fit
from minigrad.checks import assert_gradients
from minigrad.fold.schedule import MODES
from models.cells import CELLS, RLSTM, RNN
from models.chains import as_chains
from models.classifier import Dropout, TreeClassifier
from models.errors import VocabularyError
from models.forest import Forest
from models.tree import Tree
from models.vocabulary import Vocabulary

WORDS = Vocabulary(["not", "very", "good", "bad"])
CLASSES = 3
FOREST = Forest(
    [
        Tree.parse("(2 (0 (0 not) (1 very)) (2 good))"),
        Tree.parse("(1 bad)"),
        Tree.parse("(0 (1 very) ((1 good) (2 bad)))"),
    ],
    WORDS,
)
modes = pytest.mark.parametrize("mode", MODES)


def classifier(kind: str = "RNN", head: str = "root", seed: int = 0) -> TreeClassifier:
    rng = np.random.default_rng(seed)
    model = TreeClassifier(CELLS[kind](4, rng, dtype=np.float64), WORDS, CLASSES, rng, head)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape)
    return model


@modes
@pytest.mark.parametrize(
    ("head", "rows"), [("root", [4, 5, 10]), ("labelled", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10])]
)
def test_the_loss_is_the_cross_entropy_per_tree(head: str, rows: list[int], mode: str) -> None:
    model = classifier(head=head)
    loss, states = model.loss(FOREST, mode)
    assert model.rows(FOREST).tolist() == rows
    expected = 0.0
    for row in rows:
        scores = model.Ws.data @ states.h.data[row] + model.bs.data
        expected -= scores[FOREST.label[row]] - np.log(np.exp(scores).sum())
    assert loss.item() == pytest.approx(expected / 3, rel=1e-12)


@modes
def test_words_states_and_scores_are_those_of_the_equations(mode: str) -> None:
    model = classifier()
    logits, states = model(FOREST, mode)
    L, cell = model.L.data, model.cell
    assert isinstance(cell, RNN)
    W1, W2, b = cell.W1.data, cell.W2.data, cell.b.data
    pair = np.tanh(W1 @ L[0] + W2 @ L[1] + b)
    root = np.tanh(W1 @ pair + W2 @ L[2] + b)
    np.testing.assert_allclose(states.h.data[:6], [L[0], L[1], pair, L[2], root, L[3]], rtol=1e-13)
    np.testing.assert_allclose(logits.data[0], model.Ws.data @ root + model.bs.data, rtol=1e-12)
    assert logits.shape == (3, CLASSES)


@modes
@pytest.mark.parametrize("kind", ["RNN", "RLSTM"])
@pytest.mark.parametrize("head", ["root", "labelled"])
def test_the_loss_is_differentiated_right(kind: str, head: str, mode: str) -> None:
    model = classifier(kind, head)
    assert_gradients(lambda: model.loss(FOREST, mode)[0], model.parameters())


@pytest.mark.parametrize(
    ("kind", "head"), [("LSTM", "root"), ("Bidirectional", "labelled"), ("Multilayer", "root")]
)
def test_sequences_are_classified_and_differentiated_right(kind: str, head: str) -> None:
    model, chains = classifier(kind, head), as_chains(FOREST)
    assert_gradients(lambda: model.loss(chains, "level")[0], model.parameters())
    first = model.cell.parts[0].name
    logits, states = model(chains, "level")
    np.testing.assert_allclose(
        logits.data, states[first].data[chains.root] @ model.Ws.data.T + model.bs.data, rtol=1e-12
    )
    assert model.predict(chains, "level").tolist() == logits.data.argmax(axis=1).tolist()


def test_words_that_do_not_occur_get_no_gradient() -> None:
    model = classifier()
    model.loss(FOREST[[1]], "level")[0].backward()
    assert isinstance(model.L.grad, mg.SparseRows)
    assert model.L.grad.rows.tolist() == [3]
    assert model.cell.parameters()[0].grad is None or not np.any(model.cell.parameters()[0].grad)


@pytest.mark.parametrize(
    ("tree", "head", "text"),
    [
        ("((2 good) (1 bad))", "root", "node 3 of tree 2, 'good bad' has no label"),
        ("(3 (2 good) (1 bad))", "root", "node 3 of tree 2, 'good bad' has the label 3"),
        ("(1 (7 good) (1 bad))", "labelled", "node 1 of tree 2, 'good' has the label 7"),
    ],
)
def test_a_label_that_is_no_class_names_its_node(tree: str, head: str, text: str) -> None:
    forest = Forest([Tree.parse("(1 bad)"), Tree.parse(tree)], WORDS)
    with pytest.raises(ValueError, match=rf"{text}; the classes are 0\.\.2"):
        classifier(head=head).loss(forest, "level")


def test_nodes_that_are_not_classified_need_no_label() -> None:
    assert np.isfinite(
        classifier().loss(Forest([Tree.parse("(1 (good) (9 bad))")], WORDS), "level")[0].item()
    )
    forest = Forest([Tree.parse("((good) (bad))")], WORDS)
    model = classifier(head="labelled")
    with pytest.raises(ValueError, match="no loss over no nodes"):
        model.loss(forest, "level")
    with pytest.raises(ValueError, match=r"nothing to classify: .* none of these 1 trees has one"):
        model.predict(forest, "level")


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(VocabularyError, match="'worse' is not among the 4 words"):
        classifier().loss(Forest([Tree.parse("(1 (1 worse) (1 bad))")]), "level")


def test_only_the_words_of_the_forest_have_to_be_known() -> None:
    forest = Forest([Tree.parse("(1 (1 worse) (1 bad))"), Tree.parse("(1 (1 good) (1 bad))")])
    model = classifier()
    assert (
        model.loss(forest[[1]], "level")[0].item()
        == model.loss(Forest([forest[1]], WORDS), "level")[0].item()
    )


def test_another_vocabulary_is_mapped_by_word() -> None:
    other = Forest(FOREST, Vocabulary(["bad", "good", "unused", "very", "not"]))
    assert other.word[other.leaves].tolist() != FOREST.word[FOREST.leaves].tolist()
    for ours, theirs in zip(classifier()(FOREST, "level"), classifier()(other, "level"), strict=True):
        a, b = (ours, theirs) if isinstance(ours, mg.Tensor) else (ours["h"], theirs["h"])
        np.testing.assert_array_equal(a.data, b.data)


def test_an_unknown_entry_stands_for_missing_words() -> None:
    rng = np.random.default_rng(0)
    words = Vocabulary(["good", "bad"], unknown="<unk>")
    model = TreeClassifier(RNN(4, rng), words, 2, rng)
    model.loss(Forest([Tree.parse("(1 (1 worse) (1 bad))")]), "level")[0].backward()
    assert isinstance(model.L.grad, mg.SparseRows)
    assert sorted(model.L.grad.rows.tolist()) == [1, 2]


@modes
@pytest.mark.parametrize("head", ["root", "labelled"])
def test_predictions_are_the_largest_scores(head: str, mode: str) -> None:
    model = classifier("RLSTM", head)
    got = model.predict(FOREST, mode)
    np.testing.assert_array_equal(got, model(FOREST, "level")[0].data.argmax(axis=1))
    assert got.shape == model.rows(FOREST).shape


def test_without_a_mode_a_model_runs_as_fit_trains_it(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = inspect.signature(fit).parameters["mode"].default
    seen = []

    def encode(cell: mg.Cell, forest: Forest, leaves: mg.Tensor, mode: str) -> mg.NodeStates:
        seen.append(mode)
        return mg.fold(cell, forest, leaves, "level")

    monkeypatch.setattr("models.classifier.encode", encode)
    model = classifier()
    model(FOREST)
    model.loss(FOREST)
    model.predict(FOREST)
    assert seen == [trained] * 3 == ["compiled"] * 3


@mg.primitive()
def flipped(x: np.ndarray) -> np.ndarray:
    """The elements of each row in reverse order, for which there is no emission rule

    shapes: (N, D)
    vjp: g, flipped
    """
    return np.flip(x, axis=1)


flipped.defvjp(lambda ans, x: lambda g: np.flip(g, axis=1))


def test_a_cell_that_cannot_be_compiled_runs_after_one_warning() -> None:
    class Flipping(RNN):
        def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
            return mg.tanh(flipped(left.h + right.h) @ self.W1.T)

    rng = np.random.default_rng(0)
    model = TreeClassifier(Flipping(4, rng, dtype=np.float64), WORDS, CLASSES, rng)
    with pytest.warns(mg.CompileWarning, match='Flipping can\'t be compiled and runs with mode="level"'):
        loss, _ = model.loss(FOREST)
    scores, _ = model(FOREST)  # warnings are errors here: a second one would be raised
    assert loss.item() == model.loss(FOREST, "level")[0].item()
    np.testing.assert_array_equal(scores.data, model(FOREST, "level")[0].data)
    np.testing.assert_array_equal(model.predict(FOREST), model.predict(FOREST, "level"))


def test_prediction_builds_no_graph_and_leaves_no_trace() -> None:
    model = classifier()
    model.predict(FOREST, "level")
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model(FOREST, "level")[0].requires_grad


def test_parameters_start_as_the_paper_says() -> None:
    rng = np.random.default_rng(0)
    words = Vocabulary(map(str, range(1000)))
    model = TreeClassifier(RLSTM(25, rng), words, 10, rng)
    assert model.L.shape == (1000, 25)
    assert 0.99e-4 < np.abs(model.L.data).max() <= np.float32(1e-4)
    assert model.Ws.shape == (10, 25)
    assert 0.19 < np.abs(model.Ws.data).max() <= np.float32(0.2)
    assert not model.bs.data.any()
    assert {parameter.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}
    assert [name for name, _ in model.named_parameters()][:4] == ["L", "Ws", "bs", "cell.Wi1"]


def test_the_same_seed_gives_the_same_model() -> None:
    def made() -> dict[str, np.ndarray]:
        rng = np.random.default_rng(5)
        return TreeClassifier(RNN(3, rng), WORDS, 2, rng).state_dict()

    assert all(np.array_equal(values, made()[name]) for name, values in made().items())


def test_settings_that_make_no_classifier_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="head is one of root, labelled, not 'all'"):
        TreeClassifier(RNN(3, rng), WORDS, 2, rng, "all")
    with pytest.raises(ValueError, match="at least two classes, not 1"):
        TreeClassifier(RNN(3, rng), WORDS, 1, rng)


def test_operands_of_another_kind_are_refused_in_plain_words() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match=r"cell is a Cell such as RNN\(D=50"):
        TreeClassifier(RNN, WORDS, 2, rng)
    with pytest.raises(TypeError, match="vocabulary is a Vocabulary, not list"):
        TreeClassifier(RNN(3, rng), ["a"], 2, rng)
    for call in (classifier(), classifier().loss, classifier().predict):
        with pytest.raises(TypeError, match=r"runs over a Forest, as Forest\(\[tree\]\), not a Tree"):
            call(Tree.parse("(1 good)"))


@modes
def test_dropout_zeroes_words_and_classified_states_and_scales_the_rest(mode: str) -> None:
    model = classifier(head="labelled")
    words, states = 0.5, 0.25
    model.dropout = Dropout(words, states, np.random.default_rng(5))
    loss, got = model.loss(FOREST, mode)
    rng = np.random.default_rng(5)
    keep = rng.random((len(FOREST.leaves), 4)) >= words
    leaves = model.L.data[FOREST.word[FOREST.leaves]] * keep / (1 - words)
    np.testing.assert_allclose(got.h.data[FOREST.leaves], leaves, rtol=1e-13)
    assert 0 < np.count_nonzero(keep) < keep.size
    top = got.h.data * (rng.random(got.h.shape) >= states) / (1 - states)
    rows = model.rows(FOREST)
    scores = top[rows] @ model.Ws.data.T + model.bs.data
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(len(rows)), FOREST.label[rows]]).sum() / len(FOREST)
    assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_only_the_loss_of_a_model_in_training_drops_anything() -> None:
    plain, model = classifier(), classifier()
    model.dropout = Dropout(0.5, 0.5, np.random.default_rng(0))
    untouched = model.dropout.rng.bit_generator.state
    np.testing.assert_array_equal(model(FOREST, "level")[0].data, plain(FOREST, "level")[0].data)
    np.testing.assert_array_equal(model.predict(FOREST, "level"), plain.predict(FOREST, "level"))
    assert model.eval().loss(FOREST, "level")[0].item() == plain.loss(FOREST, "level")[0].item()
    assert model.dropout.rng.bit_generator.state == untouched
    assert model.train().loss(FOREST, "level")[0].item() != plain.loss(FOREST, "level")[0].item()


@modes
def test_the_loss_with_dropout_is_differentiated_right(mode: str) -> None:
    model = classifier(head="labelled")

    def loss() -> mg.Tensor:
        model.dropout = Dropout(0.3, 0.3, np.random.default_rng(3))  # the same masks every time
        return model.loss(FOREST, mode)[0]

    assert_gradients(loss, model.parameters())
