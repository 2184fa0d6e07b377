"""The order of a minibatch: every inner node once, children first, the deepest of the ready before others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from minigrad.fold.compiler.order import NODE, STEP, TILE, Order, order, schedule_nodes, tile_size
from tests.minigrad.fold_contract.forests import PAIR, by_height, forests, grow, left_chain, right_chain

VOCABULARY = models.Vocabulary(["a"])

drawn = settings(derandomize=True, deadline=None, max_examples=60)
seeds, lengths = st.integers(0, 1000), st.lists(st.integers(1, 40), min_size=1, max_size=8)
sizes, shapes = st.integers(1, 33), st.sampled_from(sorted(models.SHAPES))


def _forest(seed: int, lengths: list[int], shape: str = "uniform_shape") -> models.Forest:
    return models.random_forest(np.random.default_rng(seed), lengths, shape, vocabulary=VOCABULARY)


def _parents(forest: Any) -> np.ndarray:
    parent = np.full(len(forest.left), -1)
    for row in np.flatnonzero(forest.left >= 0):
        parent[[forest.left[row], forest.right[row]]] = row
    return parent


def _depth(forest: Any) -> np.ndarray:
    """The length of every node's path to its root, by walking up."""
    parent = _parents(forest)

    def walk(row: int) -> int:
        steps = 0
        while parent[row] >= 0:
            row, steps = parent[row], steps + 1
        return steps

    return np.array([walk(row) for row in range(len(parent))])


def _check(forest: Any, found: Order, most: int, chain: bool = False) -> None:
    inner = forest.left >= 0
    order, left, right, left_leaf, right_leaf = found.nodes.T
    assert sorted(order) == list(np.flatnonzero(inner)), "every inner node once"
    np.testing.assert_array_equal(found.leaves, np.flatnonzero(~inner))
    np.testing.assert_array_equal(left, forest.left[order])
    numbers = np.cumsum(~inner) - 1 if chain else np.arange(len(inner))
    np.testing.assert_array_equal(right, numbers[forest.right[order]])
    np.testing.assert_array_equal(left_leaf, ~inner[left])
    np.testing.assert_array_equal(right_leaf, ~inner[forest.right[order]])
    tiles, depth, parent, done = found.tiles, _depth(forest), _parents(forest), ~inner
    kinds = 3 * inner[forest.left] ^ inner[forest.right]
    ready = [row for row in np.flatnonzero(inner) if done[[forest.left[row], forest.right[row]]].all()]
    assert [*tiles[:, 0], len(order)] == [0, *tiles[:, 4]], "one tile begins where another ends"
    size = tile_size(inner.sum(), depth[inner].max(initial=0) + 1, most)
    for a, b, c, d, e in tiles:
        assert a <= b <= c <= d <= e
        assert 0 < e - a <= size <= most
        rows = order[a:e]
        for k, row in enumerate(rows, a):
            left, right = forest.left[row], forest.right[row]
            assert inner[left] == (c <= k < e)
            assert inner[right] == (b <= k < d)
            assert done[[left, right]].all(), "children stand in earlier tiles"
        taken = sorted(ready, key=lambda row: -depth[row])[:size]  # among equals, those that came first
        assert rows.tolist() == sorted(taken, key=lambda row: kinds[row])
        ready = [row for row in ready if row not in taken]
        for row in taken:
            done[row], above = True, parent[row]
            if above >= 0 and done[[forest.left[above], forest.right[above]]].all():
                ready.append(above)


@drawn
@given(seeds, lengths, sizes, shapes)
def test_any_forest_is_cut_into_tiles_that_can_be_computed_one_after_another(seed, lengths, most, shape):
    forest = _forest(seed, lengths, shape)
    _check(forest, order(forest.left, forest.right, most=most), most)


@drawn
@given(forests, sizes)
def test_rows_need_not_be_in_post_order(trees, most):
    trees = by_height(trees)
    _check(trees, order(trees.left, trees.right, most=most), most)


@drawn
@given(seeds, lengths, sizes)
def test_right_children_of_chains_are_leaves(seed, lengths, most):
    forest = _forest(seed, lengths, "left_chain")
    _check(forest, order(forest.left, forest.right, True, most), most, chain=True)


@drawn
@given(seeds, lengths, sizes, shapes, st.booleans())
def test_the_twin_finds_the_same_order(seed, lengths, most, shape, chain):
    forest = _forest(seed, lengths, "left_chain" if chain else shape)
    arguments = forest.left, forest.right, most, chain
    for ours, twins in zip(schedule_nodes(*arguments), schedule_nodes.twin(*arguments), strict=True):
        np.testing.assert_array_equal(ours, twins)


@pytest.mark.parametrize("shape", sorted(models.SHAPES))
def test_one_leaf_trees_stand_among_others(shape):
    forest = _forest(0, [100, 1, 7, 1], shape)
    _check(forest, order(forest.left, forest.right), TILE)


def test_a_forest_of_leaves_has_no_tiles():
    found = order(*(np.full(3, -1) for _ in range(2)))
    assert found.tiles.shape == (0, 5)
    assert found.nodes.shape == (0, len(NODE))
    assert found.leaves.tolist() == [0, 1, 2]


def test_the_right_children_of_a_chain_are_numbered_among_the_leaves():
    trees = grow(((PAIR, None), None), None, PAIR)  # rows 1, 3 and 5 are right children, then 9
    found = order(trees.left, trees.right, chain=True)
    assert found.leaves.tolist() == [0, 1, 3, 5, 7, 8, 9]
    rows, left, right, *_ = found.nodes.T.tolist()
    assert dict(zip(rows, right, strict=True)) == {2: 1, 4: 2, 6: 3, 10: 6}
    assert dict(zip(rows, left, strict=True)) == {2: 0, 4: 2, 6: 4, 10: 8}


def test_a_long_path_keeps_its_company_to_the_end():
    # By height, 40 pairs would be done first, and then the chain, node by node: 1 + 9 tiles more.
    trees = grow((((((((((PAIR, None), None), None), None), None), None), None), None), None), *[PAIR] * 40)
    found = order(trees.left, trees.right)
    assert len(found.tiles) == 10
    assert np.diff(found.tiles[:, [0, 4]], axis=1).ravel().tolist() == [8, 8, 8, 8, 8, 6, 1, 1, 1, 1]
    assert found.tiles[0].tolist() == [0, 8, 8, 8, 8]
    assert found.nodes[0, 0] == 2, "the chain's first node"


@pytest.mark.parametrize(
    ("inner", "longest", "most", "size"),
    [(0, 1, TILE, STEP), (5, 5, TILE, STEP), (81, 9, TILE, 16), (10_000, 10, TILE, TILE), (90, 9, 4, 4)],
)
def test_tiles_are_as_large_as_the_company_of_the_longest_path(inner, longest, most, size):
    assert tile_size(inner, longest, most) == size


@pytest.mark.parametrize("chain", [left_chain, right_chain])
def test_a_long_chain_is_done_node_by_node(chain):
    trees = chain(20_000)  # in no time: what grows with the square would take minutes
    found = order(trees.left, trees.right)
    np.testing.assert_array_equal(found.nodes[:, 0], np.flatnonzero(trees.left >= 0))
    np.testing.assert_array_equal(found.tiles[:, 4], np.arange(1, 20_000))
