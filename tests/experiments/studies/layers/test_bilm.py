"""The bidirectional language model: what it predicts, what it may not see, its loss."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.studies.layers import grammar
from experiments.studies.layers.automaton import Strings
from experiments.studies.layers.bilm import (
    BEGIN,
    END,
    BiLM,
    TwoStacks,
    chains,
    is_word,
    losses,
    per_string,
    seen,
    unseen,
    vocabulary,
)

LETTERS = vocabulary("abcd")


def _strings(*texts):
    words = np.array([LETTERS[letter] for letter in "".join(texts)], int)
    return Strings(words, words, np.array([len(text) for text in texts]))


def _model(words=LETTERS, D=4, layers=2, seed=0, cell="LSTM"):
    rng = np.random.default_rng(seed)
    model = BiLM(TwoStacks(D, rng, layers, cell, dtype=np.float64), words, rng)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 0.6, parameter.shape)
    return model


def _texts(words):
    return [LETTERS.words[k] for k in words]


def test_each_direction_predicts_every_word_once_and_one_end():
    forest, model = chains(_strings("ab", "c"), LETTERS), _model()
    assert _texts(forest.word[forest.right[forest.inner]]) == [BEGIN, "a", "b", END, BEGIN, "c", END]
    rows, words = model.asked(forest)["forward"]
    assert _texts(words) == ["a", "b", END, "c", END]
    assert _texts(forest.word[forest.right[rows]]) == [BEGIN, "a", "b", BEGIN, "c"]
    rows, words = model.asked(forest)["backward"]
    assert _texts(words) == [BEGIN, "a", "b", BEGIN, "c"]
    assert _texts(forest.word[forest.right[rows]]) == ["a", "b", END, "c", END]
    assert is_word(forest).tolist() == [False, True, True, False, False, True, False]


def _read(model, stack, words):
    """Return the scores after each of some words, by the equations of the LSTM, layer by layer."""
    outputs = [model.L.data[word] for word in words]
    for k in range(2):
        p = {name: parameter.data for name, parameter in getattr(stack, f"layer{k + 1}").named_parameters()}
        h = c = np.zeros(4)
        for t, x in enumerate(outputs):
            f, i, o = (
                1 / (1 + np.exp(-(p[f"W{g}"] @ h + p[f"U{g}"] @ x + p[f"b{g}"]))) for g in "fio"
            )  # fmt: skip
            c = f * c + i * np.tanh(p["Wc"] @ h + p["Uc"] @ x + p["bc"])
            outputs[t] = h = o * np.tanh(c)
    return [model.Ws.data @ h + model.bs.data for h in outputs]


@pytest.mark.parametrize("mode", ["level", "compiled"])
def test_the_losses_are_those_of_two_readers_that_share_words_and_softmax(mode):
    model, texts = _model(), ("abd", "c")
    forest = chains(_strings(*texts), LETTERS)
    found = losses(model, forest, mode)
    wanted = {"forward": [], "backward": []}
    for text in texts:
        words = [LETTERS[word] for word in (BEGIN, *text, END)]
        for name, read in (("forward", words), ("backward", words[::-1])):
            scores = _read(model, getattr(model.cell, name), read)
            own = [
                -np.log2(np.exp(score[word]) / np.exp(score).sum())
                for score, word in zip(scores, read[1:], strict=False)
            ]
            wanted[name] += own if name == "forward" else own[::-1]
    for name, bits in found.items():
        assert bits == pytest.approx(wanted[name], rel=1e-6)
    loss = float(model.loss(forest, mode)[0])
    assert loss == pytest.approx(np.log(2) * sum(map(sum, wanted.values())) / 2, rel=1e-6)
    first = [sum(wanted["forward"][:4]), sum(wanted["forward"][4:])]
    assert per_string(found["forward"], np.array([3, 1])) == pytest.approx(first, rel=1e-6)


def test_the_loss_has_the_derivatives_of_finite_differences():
    model = _model(D=2)
    forest = chains(_strings("ab", "", "c"), LETTERS)
    mg.assert_gradients(lambda *_: model.loss(forest, "level")[0], model.parameters())


@pytest.mark.parametrize("mode", ["node", "level", "compiled"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_no_loss_sees_a_word_that_it_has_yet_to_predict(direction, mode):
    """By the engine: ∂(loss at t)/∂(word) is exactly 0 beyond t, and nowhere else."""
    norms = seen(_model(), chains(_strings("abdca"), LETTERS), direction, mode)
    assert norms.shape == (6, 7)
    hidden = np.triu(np.ones((6, 7), bool), 1)
    if direction == "backward":
        hidden = np.tril(np.ones((6, 7), bool))
    assert (norms[hidden] == 0).all()
    assert (norms[~hidden] > 1e-9).all()
    assert (unseen(norms, direction) == 0).all()
    assert unseen(norms, direction).size == hidden.sum() == 21


def test_a_bidirectional_second_layer_would_have_seen_them():
    """The same look at ``Multilayer(bidirectional=True)`` finds what has to be 0, and so it would here."""
    rng = np.random.default_rng(0)
    network = models.Multilayer(4, rng, dtype=np.float64, skip="none", bidirectional=True)
    forest = chains(_strings("abdca"), LETTERS)
    leaves = mg.tensor(rng.normal(size=(len(forest.leaves), 4)), requires_grad=True)
    state = network.fold(forest, leaves)["h"]
    mg.gather(state, forest.inner[2:3])[:, :4].sum().backward()  # the forward half of the top, after "b"
    norms = np.linalg.norm(np.asarray(leaves.grad)[1:], axis=1)
    assert (norms[3:] > 1e-9).all()


def test_layers_are_told_in_the_order_of_the_words_in_both_directions():
    model, strings = _model(), _strings("abd", "c")
    forest = chains(strings, LETTERS)
    leaves = model.L.data[forest.word[forest.leaves]]
    found = model.cell.layer_states(forest, leaves, "level")
    states = model.cell.fold(forest, leaves)
    for name in ("forward", "backward"):
        assert len(found[name]) == 2
        assert found[name][1]["h"] == pytest.approx(states[name].data[forest.inner])
        assert set(found[name][0]) == {"h", "c"}
    alone = chains(_strings("c"), LETTERS)
    own = model.cell.layer_states(alone, model.L.data[alone.word[alone.leaves]], "level")
    for name, layers in own.items():
        for k, layer in enumerate(layers):
            assert found[name][k]["c"][5:] == pytest.approx(layer["c"])


def test_gradients_are_looked_at_in_one_string():
    with pytest.raises(ValueError, match="in one string, not in 2"):
        seen(_model(), chains(_strings("ab", "c"), LETTERS), "forward")


def test_a_saved_model_is_read_again_as_what_predicts_the_next_word(tmp_path):
    words = vocabulary(grammar.source().words)
    model = _model(words)
    path = models.save(tmp_path / "bilm.npz", model)
    loaded = models.load(path, cells={"TwoStacks": TwoStacks})
    forest = models.chain_forest([3, 5, 1], [3], words, labels=[5, 1, -1])
    assert loaded(forest, "level")[0].data == pytest.approx(model(forest, "level")[0].data)
