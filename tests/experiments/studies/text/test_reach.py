"""How far gradients reach, against finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.studies.text.reach import error_vectors, fall, reach
from tests.experiments.studies.text.networks import SIZE, STEPS, D, differences, language_model


@pytest.mark.parametrize("mode", ["level", "node"])
@pytest.mark.parametrize("kind", STEPS)
def test_error_vectors_are_finite_differences(kind, mode):
    model, longest = language_model(kind), 6
    contexts = np.random.default_rng(1).integers(SIZE, size=(3, 9))
    found = error_vectors(model, contexts, longest, mode)
    assert set(found) == {part.name for part in model.cell.parts}
    for part, vectors in found.items():
        assert vectors.shape == (3, longest + 1, D)
        for number, context in enumerate(contexts):
            for k in range(longest + 1):
                wanted = differences(model, context, 8 - k, part)
                assert vectors[number, k] == pytest.approx(wanted, abs=1e-6)
    assert np.abs(found["h"]).max() > 0.1
    if "c" in found:
        assert not found["c"][:, 0].any()  # c_t is read through h_t
    assert all(parameter.grad is None for parameter in model.parameters())


def test_reach_is_the_median_over_places_that_have_enough_before_them(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.reach.WARM_UP", 3)
    model, rng = language_model(models.LSTM), np.random.default_rng(5)
    text = rng.integers(SIZE, size=10)  # of 3 + 4 + 2 = 9 needed: two places
    found = reach(model, [text[:8], text], rng, places=101, longest=4, mode="level")
    contexts = np.stack([text[:9], text[1:]])
    norms = {p: np.linalg.norm(v, axis=2) for p, v in error_vectors(model, contexts, 4, "level").items()}
    for part, medians in found.items():  # of 101 places, one of the two has more
        assert any(medians == pytest.approx(norms[part][k]) for k in (0, 1))


def test_what_is_too_short_is_refused():
    model = language_model(models.Elman)
    with pytest.raises(ValueError, match="contexts of 5 characters have states for k from 0 to 3, not 4"):
        error_vectors(model, np.zeros((2, 5), int), 4, "level")
    with pytest.raises(ValueError, match="no text has 112 characters, to look 10 characters back"):
        reach(model, [np.zeros(111, int)], np.random.default_rng(0), places=2, longest=10, mode="level")


def test_how_far_a_curve_falls():
    curve = 0.8 ** np.arange(40)
    assert fall(curve) == pytest.approx(np.log(0.5) / np.log(0.8))
    assert fall(curve, 0.01) == pytest.approx(np.log(0.01) / np.log(0.8))
    assert fall([1, 2, 3, 0.5]) == pytest.approx(3)
    assert fall([1, 0]) == 1
    assert fall([0, *curve], 0.1) == fall(curve, 0.1)  # as by an LSTM's c
    assert fall([1, 0.6, 0.51]) is None
    assert fall([1, 0.6, 0.02], 0.01) is None
    assert fall([0, 0]) is None
