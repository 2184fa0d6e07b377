"""Halves of dev, the states there, clamped units, and what a run tells of them."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.studies.clamped import Clamped
from experiments.studies.exam import outcomes
from experiments.studies.text.ablation import clamped_losses, place_losses, relevant
from experiments.studies.text.alphabet import alphabet, numbers
from experiments.studies.text.corpus import Corpus, Document
from experiments.studies.text.data import Data
from experiments.studies.text.knowledge import excerpt
from experiments.studies.text.looks import halves, split, unit_name, units
from experiments.studies.text.windows import chains

SOURCES = ("f('a')\nif b:\n  c\n", "x = [1]  # y\n", "d\n")


@pytest.fixture
def of():
    documents = tuple(Document(f"m{k}", text) for k, text in enumerate(SOURCES))
    corpus = Corpus("python", "here", {"train": documents, "dev": documents, "test": ()})
    characters = alphabet(documents, 1)
    return Data(corpus, characters, {"dev": [numbers(one.text, characters) for one in documents]})


def _model(of, kind=models.LSTM, dtype=np.float64):
    rng = np.random.default_rng(0)
    size = len(of.characters)
    model = models.TreeClassifier(kind(5, rng, dtype=dtype), of.characters, size, rng, head="labelled")
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 0.6, parameter.shape)
    return model


def test_halves_are_different_documents_or_the_two_of_one():
    assert split([5, 3, 0, 9], 100) == ([(0, 0, 5), (1, 0, 3)], [(3, 0, 9)])
    assert split([1, 9], 100) == ([(0, 0, 1)], [(1, 0, 9)])
    assert split([9, 1], 100) == ([(0, 0, 9)], [(1, 0, 1)])
    assert split([0, 9], 100) == ([(1, 0, 4)], [(1, 4, 9)])
    assert split([5, 6, 4, 2], 100) == ([(0, 0, 5), (1, 0, 6)], [(2, 0, 4), (3, 0, 2)])
    assert split([5, 6, 4, 2], 7) == ([(0, 0, 5), (1, 0, 2)], [(2, 0, 4), (3, 0, 2)])
    assert split([9], 100) == ([(0, 0, 4)], [(0, 4, 9)])
    assert split([9], 3) == ([(0, 0, 3)], [(0, 4, 7)])


def test_places_truths_and_states_of_a_half_belong_together(of):
    first, second = halves(of, 1000)
    assert first.text == SOURCES[0][:-1]
    assert second.text == SOURCES[1][:-1] + SOURCES[2][:-1]
    assert "".join(of.characters.words[k] for k in second.follows) == SOURCES[1][1:] + SOURCES[2][1:]
    assert "".join("01"[int(inside)] for inside in first.truths["string"]) == "00111" + "0" * 11
    model = _model(of)
    found = units(model, of.parts["dev"], second, "level")
    assert found.shape == (len(second.text), 10)
    forest = chains([of.parts["dev"][2]], of.characters, 100)
    states = model(forest, "level")[1]
    assert found[-1] == pytest.approx(np.concatenate([states.h.data[-1], states.c.data[-1]]), rel=1e-5)
    assert [unit_name(model.cell, k) for k in (0, 4, 5, 9)] == ["h0", "h4", "c0", "c4"]
    with pytest.raises(ValueError, match="not so many units"):
        unit_name(model.cell, 10)


def test_the_second_half_of_one_document_is_read_from_its_start(of):
    text = np.concatenate(of.parts["dev"])
    one = Data(
        Corpus("prose", "", {"dev": (Document("a", "".join(SOURCES)),)}), of.characters, {"dev": [text]}
    )
    first, second = halves(one, 1000)
    model = _model(one)
    whole = units(model, [text], type(first)([(0, 0, len(text) - 1)], "", text, text, {}), "level")
    found = np.concatenate([units(model, [text], half, "level") for half in (first, second)])
    assert found == pytest.approx(whole)
    losses = outcomes(model, chains([text], of.characters, 1000), "level")[0] / np.log(2)
    both = [place_losses(model, [text], half, "level") for half in (first, second)]
    assert np.concatenate(both) == pytest.approx(losses)


@pytest.mark.parametrize("kind", [models.Elman, models.GRU, models.LSTM])
def test_a_clamped_unit_has_its_mean_at_every_step_and_the_others_go_on_from_there(kind, of):
    model, text = _model(of, kind), of.parts["dev"][0]
    forest = chains([text], of.characters, 100)
    names = [part.name for part in model.cell.parts]
    means = {name: np.linspace(-1, 1, 5) + k for k, name in enumerate(names)}
    before = model(forest, "level")[1]
    cell, model.cell = model.cell, Clamped(model.cell, means, 3)
    after = model(forest, "level")[1]
    for name in names:
        assert (after[name].data[forest.inner, 3] == means[name][3]).all()
        others = [0, 1, 2, 4]
        first, second = forest.inner[:2]
        assert after[name].data[first, others] == pytest.approx(before[name].data[first, others])
        assert after[name].data[second, others] != pytest.approx(before[name].data[second, others])
    model.cell.clamp([0, 4])  # others than before
    again = model(forest, "level")[1]
    for name in names:
        assert (again[name].data[forest.inner][:, [0, 4]] == means[name][[0, 4]]).all()
        assert again[name].data[first, 3] == pytest.approx(before[name].data[first, 3])
    model.cell = cell


def test_a_unit_that_nothing_depends_on_may_be_clamped(of):
    model, texts = _model(of, models.Elman), of.parts["dev"]
    half, means = halves(of, 1000)[0], {"h": np.full(5, 0.3)}
    changes = clamped_losses(model, texts, half, means, 2, "level") - place_losses(
        model, texts, half, "level"
    )
    assert np.abs(changes).max() > 0.01
    model.cell.W.data[:, 2] = 0
    model.Ws.data[:, 2] = 0
    clamped = clamped_losses(model, texts, half, means, 2, "level")
    assert clamped == pytest.approx(place_losses(model, texts, half, "level"), abs=1e-12)
    assert isinstance(model.cell, models.Elman)


def test_where_a_unit_should_matter(of):
    first = halves(of, 1000)[0]

    def marks(name, half):
        return "".join("." if not place else "x" for place in relevant(name, half, of.characters))

    assert first.text == "f('a')\nif b:\n  c"
    assert marks("string", first) == "..xxx..........."
    assert marks("brackets", first) == ".xxxx..........."
    assert marks("position", first) == ".....x.....x...x"
    assert marks("letters", first) == "x..x....x.x....x"


def test_an_excerpt_is_where_a_truth_varies_most():
    truth = np.zeros(60, int)
    truth[5:9] = 1
    truth[40:45] = 1
    assert excerpt(truth, 10) == slice(35, 45)
    assert excerpt(truth[:4], 10) == slice(0, 4)
