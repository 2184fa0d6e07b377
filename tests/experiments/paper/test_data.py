"""The artificial task is what the paper says it is."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.paper import data


@pytest.fixture(scope="module")
def forest():
    return data.sentences(np.random.default_rng(0), 2000, (11, 20))


def test_every_sentence_has_exactly_one_keyword(forest):
    leaf = forest.word >= 0
    keyword = leaf & (forest.word < data.KEYWORDS)
    assert (np.bincount(forest.tree[keyword], minlength=len(forest)) == 1).all()
    assert np.array_equal(forest.tree[data.keyword_rows(forest)], np.arange(len(forest)))


def test_the_label_is_the_keywords_class(forest):
    assert np.array_equal(forest.label[forest.root], forest.word[data.keyword_rows(forest)] // 100)
    assert set(forest.label[forest.root]) == set(range(data.CLASSES))
    assert (forest.label[forest.parent >= 0] == -1).all()


def test_lengths_and_tokens_fill_their_ranges(forest):
    lengths = np.bincount(forest.tree[forest.leaves])
    assert (lengths.min(), lengths.max()) == (11, 20)
    others = forest.word[forest.word >= data.KEYWORDS]
    assert others.max() <= 10_000
    assert np.abs(others.mean() - 5500) < 100


def test_the_keyword_is_anywhere_in_the_sentence(forest):
    number = np.cumsum(forest.word >= 0) - 1  # of the leaf, over the forest
    lengths = np.bincount(forest.tree[forest.leaves])
    start = np.cumsum(lengths) - lengths
    place = (number[data.keyword_rows(forest)] - start) / lengths
    assert place.min() == 0
    assert np.abs(np.quantile(place, [0.25, 0.5, 0.75]) - [0.22, 0.47, 0.72]).max() < 0.05


def test_mean_keyword_depth_is_that_of_uniform_splits(forest):
    depth = forest.depth[data.keyword_rows(forest)]
    error = depth.std() / np.sqrt(len(depth))
    assert abs(depth.mean() - 4.7) < 0.05 + 3 * error  # 4.7 to one digit, by exact dynamic programming


def test_the_same_seed_gives_the_same_sentences():
    first, second = (data.sentences(np.random.default_rng(5), 50, (1, 10)) for _ in range(2))
    assert np.array_equal(first.word, second.word)
    assert np.array_equal(first.left, second.left)


def test_length_range_of_a_dataset_that_is_not_there():
    assert data.length_range(3) == (21, 30)
    with pytest.raises(ValueError, match="1 to 10, not 11"):
        data.length_range(11)


@pytest.mark.parametrize("lengths", [(5, 2), (0, 3)])
def test_lengths_that_are_no_range_are_refused(lengths):
    with pytest.raises(ValueError, match=r"lengths is \(least, greatest\), from 1 on"):
        data.sentences(np.random.default_rng(0), 3, lengths)


def test_a_seed_is_not_a_generator():
    with pytest.raises(TypeError, match=r"sentences: rng is a .*pass numpy\.random\.default_rng\(3\)"):
        data.sentences(3, 10, (1, 2))
