"""Probes and the mix, the features that they read, and the tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import minigrad as mg
from experiments.studies.layers import grammar, probes, reading
from experiments.studies.layers.bilm import BiLM, TwoStacks, chains, vocabulary
from experiments.studies.layers.settings import settings
from experiments.studies.layers.tasks import TASKS

HOW = probes.Training(steps=200, batch=50, lr=0.02)


def _layers(rng, n=400):
    """Return three layers of which the second alone tells a class, by the sign of its first column."""
    layers = [rng.normal(size=(n, 4)).astype(np.float32) for _ in range(3)]
    return layers, (layers[1][:, 0] > 0).astype(int)


def test_the_mix_is_gamma_times_the_sum_of_the_weighted_layers():
    rng = np.random.default_rng(0)
    layers, _ = _layers(rng, 5)
    probe = probes.Mix(3, 4, 2, rng)
    assert probe.weights() == pytest.approx([1 / 3] * 3)
    probe.w.data[...], probe.gamma.data[...] = [[0.5, -1, 2]], 1.7
    s = np.exp([0.5, -1, 2]) / np.exp([0.5, -1, 2]).sum()
    mixed = 1.7 * sum(weight * layer for weight, layer in zip(s, layers, strict=True))
    assert probe(layers).data == pytest.approx(mixed @ probe.W.data.T + probe.b.data, rel=1e-5)
    assert probe.weights() == pytest.approx(s, rel=1e-6)


def test_the_derivatives_of_the_mix_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    layers = [rng.normal(size=(5, 3)) for _ in range(3)]
    probe = probes.Mix(3, 3, 4, rng)
    for parameter in probe.parameters():
        parameter.data = rng.normal(size=parameter.shape)
    mg.assert_gradients(
        lambda *_: mg.cross_entropy(probe(layers), np.array([0, 3, 1, 2, 0])), probe.parameters()
    )


def test_the_mix_finds_the_layer_that_knows():
    rng = np.random.default_rng(0)
    layers, answers = _layers(rng)
    found = probes.trained(layers, answers, 2, HOW, rng)
    assert probes.accuracy(found, layers, answers) > 0.95
    assert found.weights()[1] > 0.5 > max(found.weights()[0], found.weights()[2])
    single = [
        probes.accuracy(probes.trained([layer], answers, 2, HOW, rng), [layer], answers) for layer in layers
    ]
    assert single[1] > 0.97
    assert max(single[0], single[2]) < 0.65


def test_both_halves_are_scaled_by_the_first():
    train = np.array([[1, 5], [3, 5]], np.float32)
    one, other = probes.standardised(train, np.array([[4, 6]], np.float32))
    assert one.tolist() == [[-1, 0], [1, 0]]  # a column that does not vary is only shifted
    assert other.tolist() == [[2, 1]]


@pytest.fixture(scope="module")
def source():
    return grammar.source()


def _model(source, D=6):
    rng = np.random.default_rng(0)
    return BiLM(TwoStacks(D, rng), vocabulary(source.words), rng)


def test_features_stand_beside_their_words(source, monkeypatch):
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    model, strings = _model(source), source.draw(np.random.default_rng(0), 7)
    found = reading.features(model, strings, "level")
    assert {name: [layer.shape for layer in layers] for name, layers in found.items()} == {
        side: [(len(strings.words), 6)] * 3 for side in ("forward", "backward")
    }
    assert (found["forward"][0] == model.L.data[strings.words]).all()
    states = model(chains(strings, model.vocabulary), "level")[1]
    at = np.arange(len(strings.words)) + 2 * strings.string + 1  # positions, with two ends to a string
    forest = chains(strings, model.vocabulary)
    for side in ("forward", "backward"):
        assert found[side][2] == pytest.approx(states[side].data[forest.inner][at], rel=1e-5)
    both = reading.of_side(found, "both")
    assert both[1][:, :6] == pytest.approx(found["forward"][1])
    assert both[1][:, 6:] == pytest.approx(found["backward"][1])


def test_places_are_those_of_which_a_task_is_asked(source):
    strings = source.draw(np.random.default_rng(0), 200)
    rng = np.random.default_rng(0)
    for name, task in TASKS.items():
        asked = task.asked(source, strings)
        assert (reading.places(source, strings, task, 10**6, rng) == np.flatnonzero(asked)).all()
        few = reading.places(source, strings, task, 20, rng)
        assert len(set(few)) == 20
        assert (np.diff(few) > 0).all()
        assert asked[few].all()
        words = {source.words[word] for word in strings.words[asked]}
        homographs = {"left": set(grammar.LEFT), "right": set(grammar.RIGHT)}
        assert words == homographs.get(name, words)


def test_a_run_reads_every_task_from_every_layer(source):
    own = settings("smoke", 0, 1, 0.0, 0.0)
    own = replace(own, mode="level", probe_steps=40, probe_lr=0.05, places=300)
    train, test = (source.draw(np.random.default_rng(seed), 90) for seed in (1, 2))
    model = _model(source, 40)
    found = reading.read(own, model, source, train, test)
    assert list(found) == list(TASKS)
    for task in found.values():
        assert {side: len(of) for side, of in task["layers"].items()} == dict.fromkeys(reading.SIDES, 3)
        assert sum(task["weights"]) == pytest.approx(1)
        assert 0 < task["chance"] <= 1
        assert reading.best_layer(task) == max(map(max, task["layers"].values()))
    assert found["class"]["layers"]["forward"][0] > 0.8 > found["class"]["chance"]
    assert found["number"]["asked"] <= 300
    again = reading.read(own, model, source, train, test)
    assert again == found
