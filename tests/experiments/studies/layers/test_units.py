"""Number units: who has to say what, in which strings, and what clamping does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import minigrad as mg
from experiments.studies.layers import grammar, units
from experiments.studies.layers.bilm import BiLM, TwoStacks, chains, vocabulary
from experiments.studies.layers.settings import settings


@pytest.fixture(scope="module")
def source():
    return grammar.source()


@pytest.fixture(scope="module")
def strings(source):
    return source.draw(np.random.default_rng(5), 150)


def _model(source, D=5):
    rng = np.random.default_rng(0)
    model = BiLM(TwoStacks(D, rng, dtype=np.float64), vocabulary(source.words), rng)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 0.6, parameter.shape)
    return model


def _words(source, strings, k):
    at = slice(strings.starts[k], strings.starts[k] + strings.lengths[k])
    return [source.words[word] for word in strings.words[at]]


def _number(words, kind):
    """Return for every word of a kind its place and number."""
    known = {word: number for number, of in enumerate(grammar.of_number(kind)) for word in of}
    return [(k, known[word]) for k, word in enumerate(words) if word in known]


def test_an_attractor_is_the_noun_that_was_read_last(source, strings):
    forward, backward = (units.kinds(source, strings, name) for name in ("forward", "backward"))
    assert {-1, 0, 1} == set(forward) == set(backward)
    assert (forward != backward).any()
    for k in range(len(strings.lengths)):
        words, at = _words(source, strings, k), strings.starts[k]
        verb = next(i for i in range(len(words)) if grammar.is_verb(source.paths[strings.states[at + i]]))
        (_, subject), *between = [(i, n) for i, n in _number(words, "noun") if i < verb]
        if not between:
            assert forward[k] == backward[k] == -1
        else:
            assert forward[k] == (between[-1][1] == subject)
            assert backward[k] == (between[0][1] == subject)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_what_has_to_be_said_is_the_verb_or_the_subject(direction, source, strings):
    exam = units.exam(source, strings, vocabulary(source.words), direction)
    said = exam.forest.vocabulary
    assert len(exam.rows) == len(strings.lengths)
    for k, row in enumerate(exam.rows):
        words = _words(source, strings, k)
        following = said.words[exam.forest.label[row]]
        assert exam.forest.tree[row] == k
        kind = units.SAID[direction]
        assert following in grammar.of_number(kind)[int(exam.plural[k])]
        if direction == "backward":
            assert following == words[_number(words, "noun")[0][0]]
        else:
            read = [said.words[exam.forest.word[r]] for r in _before(exam.forest, row)]
            assert read == words[: len(read)]
            assert words[len(read)] == following


def _before(forest, row):
    """Return the rows of the words that the state of a row has read, without the beginning."""
    first = forest.root[forest.tree[row]] - 2 * ((forest.tree == forest.tree[row]).sum() - 1) // 2
    return range(first + 3, row, 2)


def test_halves_have_no_string_in_common_and_are_no_larger_than_asked(source, strings):
    words = vocabulary(source.words)
    halves = units.halves(source, strings, words, "forward", 8)
    for half in halves:
        assert [len(half[kind].plural) for kind in units.KINDS] == [8, 8]
    one, other = ({str(tree) for exam in half.values() for tree in exam.forest} for half in halves)
    assert len(one & other) == 0
    few = strings.select(units.kinds(source, strings, "forward") < 1)
    with pytest.raises(ValueError, match=r"0 of \d+ strings are of the kind 'same number'; draw more"):
        units.halves(source, few, words, "forward", 8)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_agreement_is_the_probability_of_all_words_of_a_number(direction, source, strings):
    model = _model(source)
    exam = units.exam(source, strings, model.vocabulary, direction)
    found = units.margins(model, exam, direction, "level") > 0
    assert units.agreement(model, exam, direction, "level") == found.mean()
    assert 0.1 < found.mean() < 0.9
    scores = model.scores(chains(strings, model.vocabulary), "level")[direction]
    ends = strings.starts + np.arange(len(strings.lengths))
    mark = grammar.is_verb if direction == "forward" else grammar.is_subject
    of = np.flatnonzero([mark(source.paths[state]) for state in strings.states])
    row = ends + (of - strings.starts) + (0 if direction == "forward" else 1)
    with mg.no_grad():
        odds = mg.softmax(scores[row]).data
    kind = grammar.of_number(units.SAID[direction])
    one, other = (odds[:, [model.vocabulary[word] for word in words]].sum(axis=1) for words in kind)
    assert (found == ((other > one) == exam.plural)).all()


def test_a_network_is_as_it_was_after_units_were_clamped(source, strings):
    model = _model(source)
    exam = units.exam(source, strings, model.vocabulary, "forward")
    of = units.means(model, strings, "level")
    assert [set(layer) for layer in of["backward"]] == [{"h", "c"}] * 2
    own = model.cell.forward.layer1, model.cell.forward.layer2
    before = units.margins(model, exam, "forward", "level")
    with units.ClampedUnits(model, "forward", of) as clamped:
        assert units.margins(model, exam, "forward", "level") == pytest.approx(before)  # none is clamped yet
        clamped.clamp([2, 5 + 3])
        keep = [getattr(model.cell.forward, name).keep.data.tolist() for name in ("layer1", "layer2")]
        assert keep == [[1, 1, 0, 1, 1], [1, 1, 1, 0, 1]]
        clamped.clamp(np.arange(5, 10))
        frozen = units.margins(model, exam, "forward", "level")
    assert np.ptp(np.where(exam.plural, frozen, -frozen)) < 1e-9  # it says the same always
    assert (model.cell.forward.layer1, model.cell.forward.layer2) == own
    assert (units.margins(model, exam, "forward", "level") == before).all()


def _contrary(source):
    """Return a network that says the other number than that of the noun it read last, forward.

    Of a word's vector, the first element is a noun's number, −1 or 1, and the second 1 for nouns. Layer 1
    passes them on. Unit 3 of layer 2 keeps the number until the next noun comes.
    """
    model = _model(source)
    for parameter in model.parameters():
        parameter.data[...] = 0
    singular, plural = ([model.vocabulary[w] for w in of] for of in grammar.of_number("noun"))
    model.L.data[singular, :2] = -1, 1
    model.L.data[plural, :2] = 1, 1
    one, two = model.cell.forward.layer1, model.cell.forward.layer2
    one.bf.data[...], one.bi.data[...], one.bo.data[...] = -20, 20, 20
    one.Uc.data[...] = np.eye(5)  # what passes is tanh(tanh(x)), 0.64 of x
    two.bf.data[3], two.Uf.data[3, 1] = 10, -20 / 0.64
    two.bi.data[3], two.Ui.data[3, 1] = -10, 20 / 0.64
    two.Uc.data[3, 0] = 5
    two.bo.data[...] = 20
    model.Ws.data[[model.vocabulary[w] for w in grammar.of_number("verb")[1]], 3] = -9
    return model


def test_the_unit_that_agreement_depends_on_is_found_and_the_others_are_worth_nothing(source, strings):
    own = replace(settings("smoke", 0, 1, 0.0, 0.0), mode="level", D=5, units=12)
    found = units.number_units(own, _contrary(source), source, strings)["forward"]
    assert found["agreement"] == {"attractor": 1, "same number": 0}
    lost = np.array(found["searched"])
    assert lost.shape == (2, 5)
    assert lost[1, 3] == pytest.approx(0.5, abs=0.35)
    assert set(zip(*np.nonzero(lost), strict=True)) <= {(0, 0), (0, 1), (1, 3)}
    best = next(unit for unit in found["units"] if (unit["layer"], unit["unit"]) == (2, 3))
    assert best["searched"] == pytest.approx(lost[1, 3], abs=1e-4)
    assert best["judged"]["attractor"] == pytest.approx(0.5, abs=0.35)
    assert best["judged"]["same number"] < 0  # a number that is always the same is right at times
    one, *_, every = found["together"]["best"]
    assert (found["together"]["units"], every) == ([1, 2, 4, 8], pytest.approx(0.5, abs=0.35))
    assert one == 1 - found["units"][0]["judged"]["attractor"]
    assert found["together"]["random"][0] > one
    assert found["typical"]["judged"] == dict.fromkeys(units.KINDS, 0)
    assert found["asked"] == dict.fromkeys(units.KINDS, 12)


def test_a_picture_shows_the_memory_of_a_unit_word_by_word(source, strings):
    model = _contrary(source)
    found = units.picture(model, source, strings, "forward", {"layer": 2, "unit": 3}, "level")
    assert sum(word.endswith(".") for word in found["words"]) == units.PICTURED
    numbers = {word: 2 * n - 1 for n, words in enumerate(grammar.of_number("noun")) for word in words}
    now, inside = 0, False
    for word, value, truth in zip(*(found[key] for key in ("words", "values", "truth")), strict=True):
        now = numbers.get(word.strip("."), now)
        assert value == pytest.approx(now, abs=0.02)
        if truth and not inside:
            assert truth == {-1: 1, 1: 2}[numbers[word]]  # it begins with the subject
        inside = truth > 0
        now = 0 if word.endswith(".") else now
    assert {0, 1, 2} == set(found["truth"])
