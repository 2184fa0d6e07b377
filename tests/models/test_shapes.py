from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import JIT_ENABLED
from models import layout, shapes
from models.forest import Forest
from models.vocabulary import Vocabulary
from tests.models.strategies import modest

WORDS = Vocabulary(list("abcdefgh"))

# Shapes of four leaves, and their probabilities times 30.
OF_FOUR = {
    "((((w) (w)) (w)) (w))": (5, 6),
    "(((w) ((w) (w))) (w))": (5, 6),
    "(((w) (w)) ((w) (w)))": (10, 6),
    "((w) (((w) (w)) (w)))": (5, 6),
    "((w) ((w) ((w) (w))))": (5, 6),
}

lengths_of_trees = st.lists(st.integers(1, 12), min_size=1, max_size=6)


def forest(lengths: list[int], shape: str, seed: int = 0) -> Forest:
    return shapes.random_forest(np.random.default_rng(seed), lengths, shape, vocabulary=Vocabulary(["w"]))


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("left_chain", "((((w) (w)) (w)) (w))"),
        ("right_chain", "((w) ((w) ((w) (w))))"),
        ("balanced", "(((w) (w)) ((w) (w)))"),
    ],
)
def test_regular_shapes(shape, text):
    assert [str(tree) for tree in forest([1, 4, 2], shape)] == ["(w)", text, "((w) (w))"]


def test_a_balanced_tree_is_as_low_as_can_be_and_leans_left():
    lengths = np.arange(1, 70)
    f = forest(lengths, "balanced")
    np.testing.assert_array_equal(f.height[f.root], np.ceil(np.log2(lengths)))
    assert str(forest([3], "balanced")[0]) == "(((w) (w)) (w))"


@pytest.mark.parametrize("shape", shapes.SHAPES)
@modest
@given(lengths=lengths_of_trees)
def test_every_tree_has_the_leaves_it_was_asked_for(shape, lengths):
    f = forest(lengths, shape)  # from_arrays checks the layout
    np.testing.assert_array_equal(np.bincount(f.tree[f.leaves], minlength=len(f)), lengths)


@pytest.mark.parametrize(("which", "shape"), [(0, "uniform_split"), (1, "uniform_shape")])
def test_shapes_of_four_leaves_come_as_often_as_they_should(which, shape):
    n = 3000
    counts = Counter(map(str, forest([4] * n, shape)))
    assert set(counts) == set(OF_FOUR)
    chi_square = 0.0
    for text, weights in OF_FOUR.items():
        expected = n * weights[which] / 30
        chi_square += (counts[text] - expected) ** 2 / expected
    assert chi_square < 13.28  # 99 % of 4 degrees of freedom


def test_uniform_split_has_the_mean_leaf_depth_of_its_formula():
    n = 20
    f = forest([n] * 2000, "uniform_split")
    expected = 2 * (1 / np.arange(1, n + 1)).sum() - 2
    assert f.depth[f.leaves].mean() == pytest.approx(expected, rel=0.01)


def test_uniform_shape_has_the_mean_leaf_depth_of_its_formula():
    n = 20
    f = forest([n] * 2000, "uniform_shape")
    catalan = np.prod([(n - 1 + k) / k for k in range(2, n)])
    expected = (4.0 ** (n - 1) / catalan - n) / n  # external path length / leaves
    assert f.depth[f.leaves].mean() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("shape", [shapes._split, shapes._cycle])
@pytest.mark.parametrize("draw", [0.0, float(np.nextafter(1, 0))])
def test_extreme_draws_stay_inside_the_tree(shape, draw):
    lengths = np.arange(1, 40)
    left, right, root = shape(lengths, np.full(2 * lengths.sum() - lengths.size, draw))
    word = np.where(left < 0, 0, -1)
    Forest.from_arrays(left, right, word, None, root, Vocabulary(["w"]))


@pytest.mark.parametrize("shape", ["left_chain", "right_chain"])
def test_a_chain_may_be_deep(shape):
    f = forest([10_001], shape)
    assert f.depth.max() == 10_000
    assert f[0].height == 10_000


@pytest.mark.parametrize("shape", ["uniform_split", "uniform_shape"])
def test_the_seed_decides_the_trees(shape):
    assert list(forest([30, 9], shape, seed=1)) == list(forest([30, 9], shape, seed=1))
    assert list(forest([30, 9], shape, seed=1)) != list(forest([30, 9], shape, seed=2))


def test_words_and_labels_go_where_they_belong():
    f = shapes.random_forest(
        np.random.default_rng(0),
        [2, 1],
        "balanced",
        vocabulary=WORDS,
        words=[1, 0, 7],
        labels=[3, 4],
    )
    assert [str(tree) for tree in f] == ["(3 (b) (a))", "(4 h)"]


def test_drawn_words_cover_the_vocabulary():
    f = shapes.random_forest(np.random.default_rng(0), [200], vocabulary=WORDS)
    assert set(f[0].words()) == set(WORDS.words)


@pytest.mark.parametrize("rng", [None, 3, np.random.RandomState(3)])
def test_a_seed_is_not_a_generator(rng):
    with pytest.raises(TypeError, match=r"pass numpy\.random\.default_rng\((seed|3)\)"):
        shapes.random_forest(rng, [3], vocabulary=WORDS)
    with pytest.raises(TypeError, match=r"pass numpy\.random\.default_rng\((seed|3)\)"):
        shapes.random_forest(rng, [1], "left_chain", vocabulary=WORDS, words=[0])  # though nothing is drawn
    for shape in (shapes.uniform_split, shapes.uniform_shape):
        with pytest.raises(TypeError, match=r"numpy\.random\.Generator, not"):
            shape([3], rng)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"lengths": [3, 0]}, ValueError, "at least one leaf; lengths has 0"),
        ({"lengths": []}, ValueError, "non-empty"),
        ({"lengths": 3}, ValueError, "one dimension"),
        ({"lengths": [3.0]}, TypeError, "integers, not of float64"),
        ({"shape": "bushy"}, ValueError, "shape is one of uniform_split, uniform_shape, .*'bushy'"),
        ({"words": [1, 2]}, ValueError, r"words has shape \(2,\); these trees need \(3,\)"),
        ({"words": [1.0, 2.0, 3.0]}, TypeError, "words is an array of integers"),
        ({"words": [1, 2, 8]}, ValueError, "word = 8, but it is 0 to 7"),
        ({"labels": [1, 2, 3]}, ValueError, "labels has shape"),
        ({"vocabulary": Vocabulary([])}, ValueError, "the vocabulary is empty"),
        ({"vocabulary": ["a"]}, TypeError, "a Vocabulary, not list"),
    ],
)
def test_wrong_arguments_are_refused_with_a_reason(arguments, error, says):
    arguments = {"lengths": [3], "vocabulary": WORDS} | arguments
    with pytest.raises(error, match=says):
        shapes.random_forest(np.random.default_rng(0), **arguments)


@pytest.mark.skipif(not JIT_ENABLED, reason="there is nothing compiled")
@pytest.mark.parametrize("kernel", [layout.complete, layout.select])
def test_the_loops_over_integers_run_compiled_and_not_as_their_twins(kernel: Any) -> None:
    # The twins give the same trees, thirty times slower: no other test would notice.
    rng = np.random.default_rng(0)
    for shape in ("uniform_split", "uniform_shape"):
        shapes.random_forest(rng, [3, 2], shape, vocabulary=WORDS).select([1])
    assert kernel.compiled.signatures


def test_a_split_at_a_given_place_is_made_there() -> None:
    where = np.zeros(9)  # of a tree of five leaves, whose root is row 8
    where[8] = 0.3  # behind leaf 1 + floor(0.3 · 4): two leaves and three
    where[7] = 0.9  # the three: behind leaf 1 + floor(0.9 · 2)
    left, right, root = shapes.split_at([5], where)
    assert left.tolist() == [-1, -1, 0, -1, -1, 3, -1, 5, 2]
    assert right.tolist() == [-1, -1, 1, -1, -1, 4, -1, 6, 7]
    assert root.tolist() == [8]


@pytest.mark.parametrize(("where", "message"), [([0.5], "have 3 nodes"), ([0.0, 0.0, 1.0], "outside")])
def test_places_that_are_none_are_refused(where: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shapes.split_at([2], where)
