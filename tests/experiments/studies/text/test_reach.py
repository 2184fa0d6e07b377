"""How far gradients reach, against finite differences of networks that are written down once more."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.studies.text.reach import error_vectors, half_life, reach

D, E, SIZE = 5, 4, 6


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _elman(p, x, h):
    return {"h": np.tanh(p["W"] @ h["h"] + p["U"] @ x + p["b"])}


def _gru(p, x, s):
    h = s["h"]
    u, r = (_sigmoid(p[f"W{g}"] @ h + p[f"U{g}"] @ x + p[f"b{g}"]) for g in "ur")
    return {"h": (1 - u) * h + u * np.tanh(p["Wh"] @ (r * h) + p["Uh"] @ x + p["bh"])}


def _lstm(p, x, s):
    f, i, c, o = (p[f"W{g}"] @ s["h"] + p[f"U{g}"] @ x + p[f"b{g}"] for g in "fico")
    memory = _sigmoid(f) * s["c"] + _sigmoid(i) * np.tanh(c)
    return {"h": _sigmoid(o) * np.tanh(memory), "c": memory}


STEPS = {models.Elman: _elman, models.GRU: _gru, models.LSTM: _lstm}


def _model(kind, dtype=np.float64):
    rng = np.random.default_rng(3)
    cell = kind(D, rng, dtype=dtype, E=E)
    model = models.TreeClassifier(cell, models.Vocabulary(list("abcdef")), SIZE, rng, head="labelled")
    for parameter in model.parameters():  # biases and words, too
        parameter.data[...] = rng.normal(0, 0.7, parameter.shape)
    return model


def _loss(model, context, place=None, part=None, change=0.0):
    """Return J of a context, the state after `place` characters changed."""
    weights = {name: parameter.data for name, parameter in model.cell.named_parameters()}
    state = {each.name: np.zeros(D) for each in model.cell.parts}
    for count, character in enumerate(context[:-1], 1):
        state = STEPS[type(model.cell)](weights, model.L.data[character], state)
        if count == place:
            state[part] = state[part] + change
    scores = model.Ws.data @ state["h"] + model.bs.data
    return np.log(np.exp(scores).sum()) - scores[context[-1]]


@pytest.mark.parametrize("mode", ["level", "node"])
@pytest.mark.parametrize("kind", STEPS)
def test_error_vectors_are_finite_differences(kind, mode):
    model, longest, eps = _model(kind), 6, 1e-5
    contexts = np.random.default_rng(1).integers(SIZE, size=(3, 9))
    found = error_vectors(model, contexts, longest, mode)
    assert set(found) == {part.name for part in model.cell.parts}
    for part, vectors in found.items():
        assert vectors.shape == (3, longest + 1, D)
        for number, context in enumerate(contexts):
            for k in range(longest + 1):
                place = 8 - k
                differences = [
                    _loss(model, context, place, part, e) - _loss(model, context, place, part, -e)
                    for e in eps * np.eye(D)
                ]
                assert vectors[number, k] == pytest.approx(np.array(differences) / (2 * eps), abs=1e-6)
    assert np.abs(found["h"]).max() > 0.1
    if "c" in found:
        assert not found["c"][:, 0].any()  # c_t is read through h_t
    assert all(parameter.grad is None for parameter in model.parameters())


def test_reach_is_the_median_over_places_that_have_enough_before_them(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.reach.WARM_UP", 3)
    model, rng = _model(models.LSTM), np.random.default_rng(5)
    text = rng.integers(SIZE, size=10)  # of 3 + 4 + 2 = 9 needed: two places
    found = reach(model, [text[:8], text], rng, places=101, longest=4, mode="level")
    contexts = np.stack([text[:9], text[1:]])
    norms = {p: np.linalg.norm(v, axis=2) for p, v in error_vectors(model, contexts, 4, "level").items()}
    for part, medians in found.items():  # of 101 places, one of the two has more
        assert any(medians == pytest.approx(norms[part][k]) for k in (0, 1))


def test_what_is_too_short_is_refused():
    model = _model(models.Elman)
    with pytest.raises(ValueError, match="contexts of 5 characters have states for k from 0 to 3, not 4"):
        error_vectors(model, np.zeros((2, 5), int), 4, "level")
    with pytest.raises(ValueError, match="no text has 112 characters, to look 10 characters back"):
        reach(model, [np.zeros(111, int)], np.random.default_rng(0), places=2, longest=10, mode="level")


def test_half_lives():
    assert half_life(0.8 ** np.arange(20)) == pytest.approx(np.log(0.5) / np.log(0.8))
    assert half_life([1, 2, 3, 0.5]) == pytest.approx(3)
    assert half_life([1, 0]) == 1
    assert half_life([0, *0.8 ** np.arange(20)]) == half_life(0.8 ** np.arange(20))  # as by an LSTM's c
    assert half_life([1, 0.6, 0.51]) is None
    assert half_life([0, 0]) is None
