"""Units and truths: scores against their definitions, chance, what the last character explains."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.studies.text.cells import best_units, chance, left_over, scores


def _auc(unit, truth):
    pairs = np.sign(unit[truth][:, None] - unit[~truth][None, :])
    return (pairs.mean() + 1) / 2


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_booleans_are_judged_by_auc_with_equals_counting_half(rng):
    truth = rng.random(80) < 0.3
    units = np.stack([rng.integers(3, size=80), rng.normal(size=80), truth, -1.0 * truth], axis=1)
    wanted = [2 * _auc(unit, truth) - 1 for unit in units.T]
    assert scores(units, truth) == pytest.approx(wanted, abs=1e-6)
    assert wanted[2:] == [1, -1]
    assert np.isnan(scores(np.full((80, 1), 0.1), truth)).all()


def test_numbers_are_judged_by_correlation(rng):
    truth = rng.integers(5, size=80)
    units = np.stack([rng.normal(size=80) + truth, -3.0 * truth, np.full(80, 0.3)], axis=1).astype(np.float32)
    found = scores(units, truth)
    assert found[0] == pytest.approx(np.corrcoef(units[:, 0], truth)[0, 1], abs=1e-5)
    assert found[1] == pytest.approx(-1, abs=1e-5)
    assert np.isnan(found[2])


@pytest.mark.parametrize("kind", [bool, int])
def test_chance_is_what_unrelated_units_have_and_less_than_a_knowing_unit(kind, rng):
    truth = np.repeat(rng.integers(2, size=200), 10).astype(kind)
    noise = np.repeat(rng.normal(size=(400, 8)), 5, axis=0)
    level = chance(noise, truth, rng, 200)
    others = [np.abs(scores(np.repeat(rng.normal(size=(400, 8)), 5, axis=0), truth)).max() for _ in range(40)]
    assert np.median(others) < level < max(others) * 1.3
    knowing = np.column_stack([noise, truth + 0.1 * rng.normal(size=len(truth))])
    assert chance(knowing, truth, rng, 200) < 0.5 < np.abs(scores(knowing, truth)).max()


def test_what_the_last_character_tells_is_taken_out(rng):
    read = rng.integers(4, size=400)
    truth = (read == 2) | (rng.random(400) < 0.2)
    assert left_over(read == 2, truth, read) != left_over(read == 2, truth, read)  # NaN: it varies no more
    noise = (read == 2) + 0.1 * rng.normal(size=400)
    assert np.abs(scores(noise[:, None], truth)[0]) > 0.5
    assert abs(left_over(noise, truth, read)) < 0.15
    residual = truth - np.array([truth[read == k].mean() for k in range(4)])[read]
    assert left_over(truth + 5.0 * read, truth, read) == pytest.approx(1)
    assert left_over(residual + noise, truth, read) > 0.9


def test_the_unit_is_chosen_on_one_half_and_judged_on_the_other(rng):
    n = 600
    one, other = (np.repeat(rng.random(n // 6) < 0.5, 6) for _ in range(2))
    search, judged = (rng.normal(size=(n, 7)) for _ in range(2))
    search[:, 4] -= 2 * one  # knows it on the first half only
    judged[:, 2] += 9 * other  # on the second half only
    read, counts = rng.integers(3, size=n), rng.integers(4, size=n)
    truths = {"it": (one, other), "constant": (counts, np.zeros(n, int))}
    (found,) = best_units(search, judged, truths, read, rng, 50).values()
    assert found["unit"] == 4
    assert found["searched"] == pytest.approx(scores(search, one)[4])
    assert found["score"] == pytest.approx(scores(judged, other)[4])
    assert abs(found["score"]) < 0.2 < -found["searched"]
    assert found["left_over"] == pytest.approx(left_over(judged[:, 4], other, read))
    assert sorted(np.abs(scores(search, one)))[3] == pytest.approx(abs(scores(search, one)[found["typical"]]))
