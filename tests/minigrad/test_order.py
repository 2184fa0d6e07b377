"""Tiles hold every inner node once, children first, with the children's kinds side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from minigrad.fold.compiler.order import tiles

VOCABULARY = models.Vocabulary(["a"])


def _forest(seed: int, lengths: list[int], shape: str = "uniform_shape") -> models.Forest:
    return models.random_forest(np.random.default_rng(seed), lengths, shape, vocabulary=VOCABULARY)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 1000), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 33))
def test_any_forest_is_cut_into_tiles_that_can_be_computed_one_after_another(seed, lengths, size):
    forest = _forest(seed, lengths)
    rows, bounds = tiles(forest.left, forest.right, forest.height, size)
    assert sorted(rows) == list(forest.inner)
    place = {int(row): k for k, row in enumerate(rows)}
    assert [t[0] for t in bounds] == [0, *(t[4] for t in bounds)][: len(bounds)]
    for a, b, c, d, e in bounds:
        assert a <= b <= c <= d <= e
        assert 0 < e - a <= size
        for k in range(a, e):
            left, right = forest.left[rows[k]], forest.right[rows[k]]
            assert (forest.left[left] >= 0) == (c <= k < e)
            assert (forest.left[right] >= 0) == (b <= k < d)
            for child in (left, right):
                assert place.get(int(child), -1) < a  # leaves have no place, and are there from the start


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 33))
def test_the_kernel_agrees_with_its_twin(seed, lengths, size):
    forest = _forest(seed, lengths)
    arguments = (forest.left, forest.right, forest.height, size)
    for fast, slow in zip(tiles(*arguments), tiles.twin(*arguments), strict=True):
        assert np.array_equal(fast, slow)


@pytest.mark.parametrize("shape", ["left_chain", "right_chain", "balanced"])
def test_regular_shapes(shape):
    forest = _forest(0, [100, 1, 7], shape)
    rows, bounds = tiles(forest.left, forest.right, forest.height, 32)
    assert sorted(rows) == list(forest.inner)
    assert (np.diff(bounds[:, [0, 4]], axis=1) > 0).all()


def test_a_forest_of_leaves_has_no_tiles():
    forest = _forest(0, [1, 1])
    rows, bounds = tiles(forest.left, forest.right, forest.height, 32)
    assert rows.shape == (0,)
    assert bounds.shape == (0, 5)
