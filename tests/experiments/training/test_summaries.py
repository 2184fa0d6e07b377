"""What is kept of an epoch's ratios, beside the same numbers by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.training.summaries import SAMPLE, by_depth, median_interval, overall

DEPTH = np.array([1, 2, 2, 2, 8, 9, 9, 3])
RATIO = np.array([5.0, 0.1, np.nan, 0.3, 0.5, 3.0, 0.25, np.inf])


def test_quantiles_stand_beside_their_depth_and_count():
    found = by_depth(DEPTH, RATIO)
    assert found["depth"] == [1, 2, 8, 9]
    assert found["count"] == [1, 2, 1, 2]
    assert found["left_out"] == 2
    assert found["quantiles"][0] == [5.0] * 5
    assert found["quantiles"][1] == pytest.approx([0.11, 0.15, 0.2, 0.25, 0.29])


def test_numbers_over_all_depths_are_those_of_the_claims():
    found = overall(DEPTH, RATIO)
    assert found["above_2"] == pytest.approx(2 / 6, rel=1e-5)
    assert found["q95_from_2"] == pytest.approx(np.quantile([0.1, 0.3, 0.5, 3.0, 0.25], 0.95))
    assert found["median_from_8"] == 0.5
    assert found["sample"] == {
        "depth": DEPTH.tolist(), "ratio": [5.0, 0.1, None, 0.3, 0.5, 3.0, 0.25, None]
    }  # fmt: skip


def test_a_sample_is_bounded_and_short():
    sample = overall(np.arange(1000), np.full(1000, 1 / 3))["sample"]
    assert len(sample["depth"]) == len(sample["ratio"]) == SAMPLE
    assert set(sample["ratio"]) == {0.3333}


def test_an_epoch_without_a_ratio_is_still_a_row():
    nothing = np.full(3, np.nan)
    depth = np.array([2, 9, 9])
    found = {**by_depth(depth, nothing), **overall(depth, nothing)}
    found["extra"] = median_interval(nothing, np.random.default_rng(0))
    json.dumps(found, allow_nan=False)
    assert (found["depth"], found["left_out"]) == ([], 3)
    assert found["q95_from_2"] is found["above_2"] is found["median_from_8"] is None
    assert found["extra"] == {"n": 0, "median": None, "lower": None, "upper": None}


@pytest.mark.slow
def test_the_interval_holds_the_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        found = median_interval(np.exp(rng.normal(size=60)), rng)
        inside += found["lower"] <= 1 <= found["upper"]
    assert 193 <= inside <= 200  # 99 % of 200 is 198
    wide = median_interval(np.exp(rng.normal(size=60)), rng)
    narrow = median_interval(np.exp(rng.normal(size=6000)), rng)
    ratio = np.log(wide["upper"] / wide["lower"]) / np.log(narrow["upper"] / narrow["lower"])
    assert 5 < ratio < 20  # √100 = 10
