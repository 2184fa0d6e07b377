"""What the demo draws and says of a model before training and after it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import models
import viz
from experiments.paper import data
from experiments.paper.before_and_after import Trained, pictures, told, typical_sentence


@pytest.fixture(scope="module")
def forest():
    return data.sentences(np.random.default_rng(5), 300, (11, 16))


def _trained(cell, accuracy, after):
    rng = np.random.default_rng(3)
    model = models.TreeClassifier(cell(8, rng), data.VOCABULARY, data.CLASSES, rng)
    start = model.state_dict()
    model.load_state_dict({name: 30 * values for name, values in start.items()})
    before = {depth: 0.3**depth for depth in range(1, 10)}
    return Trained(model, start, 3, accuracy, before, dict.fromkeys(before, after))


def test_a_gradient_that_is_back_and_teaches_nothing_is_told():
    text = told({"RNN": _trained(models.RNN, 0.083, 0.41), "RLSTM": _trained(models.RLSTM, 0.945, 0.31)})
    assert "a keyword 8 levels down is\n7e-5 in the RNN, 7e-5 in the RLSTM (medians)" in text
    assert "the RNN's is back up to 0.41, and it still guesses: 8.3% of" in text
    assert "the RLSTM's is back up to 0.31, and it finds the keyword: 94.5% of" in text
    assert text.endswith("A gradient that arrives does not by itself make a network learn.")


def test_nothing_is_told_that_the_numbers_do_not_show():
    still_gone = {"RNN": _trained(models.RNN, 0.09, 1e-4), "RLSTM": _trained(models.RLSTM, 0.3, 0.31)}
    text = told(still_gone)
    assert "the RNN's is 1e-4, and it still guesses" in text
    assert "finds some of the keywords: 30.0%" in text
    assert "by itself" not in text
    assert "by itself" not in told({"RNN": _trained(models.RNN, 0.89, 0.41)})


def test_the_sentence_is_the_one_nearest_to_the_medians(forest):
    trained = {"RNN": _trained(models.RNN, 0.1, 0.4)}
    nodes = np.diff(forest.root, prepend=-1)
    keyword = data.keyword_rows(forest)
    suitable = np.flatnonzero((forest.depth[keyword] == 8) & (nodes < 32))
    wanted = int(suitable[len(suitable) // 2])  # make its ratios the medians: it has to be chosen
    ratios = [
        float(norm[keyword[wanted]] / norm[forest.root[wanted]]) for norm in trained["RNN"].norms(forest)
    ]
    exact = dataclasses.replace(trained["RNN"], before={8: ratios[0]}, after={8: ratios[1]})
    assert len(suitable) > 2
    assert typical_sentence({"RNN": exact}, forest).to_tree(0) == forest.to_tree(wanted)


def test_norms_leave_the_model_as_it_was_and_the_pictures_have_one_scale(forest):
    trained = {"RNN": _trained(models.RNN, 0.1, 0.4), "RLSTM": _trained(models.RLSTM, 0.9, 0.4)}
    kept = trained["RNN"].model.state_dict()
    sentence = forest.select([0])
    drawn = pictures(
        trained, sentence, {name: each.norms(sentence, "node") for name, each in trained.items()}
    )
    assert all(np.array_equal(kept[name], now) for name, now in trained["RNN"].model.state_dict().items())
    assert list(drawn) == ["sentence", "rnn", "rlstm"]
    assert len({picture.scale for picture in drawn.values()}) == 1
    titles = [panel.title for panel in drawn["sentence"].panels]
    assert titles == [
        "RNN before training",
        "RNN after training: 10% right",
        "RLSTM after training: 90% right",
    ]
    assert isinstance(drawn["rnn"].scale, viz.RatioScale)
