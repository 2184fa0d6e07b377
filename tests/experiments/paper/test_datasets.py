"""The paper's data sets are what it says, and Experiment 2's are drawn from the right distribution."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

import models
from experiments.paper import data
from experiments.paper.datasets import datasets
from experiments.paper.depths import leaf_depths, sentences_at_depth
from experiments.paper.settings import SCALES, run_settings
from experiments.training.fingerprint import data_hash

MEANS = [2.4, 4.7, 5.7, 6.3, 6.8, 7.2, 7.5, 7.8, 8.1, 8.3]  # of uniform splits, to one digit


def _settings(experiment="length", dataset=2, model="RNN", run=1, seed=0, **changes):
    scale = SCALES["smoke"]
    return run_settings(experiment, dataset, model, run, scale=scale, seed=seed, **changes)


def _lengths(forest):
    return np.bincount(forest.tree[forest.leaves])


def _keyword_depth(forest):
    return forest.depth[data.keyword_rows(forest)]


def _close(observed, expected):
    """A chi-square test by hand: the statistic's mean is the degrees of freedom, its variance twice that."""
    keys = list(expected)
    assert set(observed) <= set(keys)
    o, e = (np.array([counts.get(key, 0) for key in keys], float) for counts in (observed, expected))
    assert e.min() > 5, "too few draws"
    freedom = len(keys) - 1
    assert ((o - e) ** 2 / e).sum() < freedom + 5 * np.sqrt(2 * freedom)


@lru_cache
def _trees(n):
    """All trees of n leaves as nested pairs, with their probabilities under uniform splits."""
    if n == 1:
        return {0: Fraction(1)}
    return {
        (left, right): p * q / (n - 1)
        for k in range(1, n)
        for (left, p), (right, q) in itertools.product(_trees(k).items(), _trees(n - k).items())
    }


def _depths(tree, depth=0):
    return [depth] if tree == 0 else [d for part in tree for d in _depths(part, depth + 1)]


def _as_pairs(forest):
    """Each tree as nested pairs, and the number of its keyword's leaf."""
    keywords, lefts = set(data.keyword_rows(forest).tolist()), forest.left.tolist()
    start = 0
    for end in forest.root.tolist():
        trees, leaves, place = [], 0, 0
        for row in range(start, end + 1):
            if lefts[row] < 0:
                place = leaves if row in keywords else place
                leaves += 1
                trees.append(0)
            else:
                trees[-2:] = [(trees[-2], trees[-1])]
        yield trees[0], place
        start = end + 1


def test_leaf_depths_are_those_of_all_trees_counted_out():
    P = leaf_depths(7)
    for n in range(1, 8):
        expected = Counter()
        for tree, p in _trees(n).items():
            for depth in _depths(tree):
                expected[depth] += p / n
        assert P[n] == pytest.approx([float(expected[d]) for d in range(7)], abs=1e-15)


def mean_leaf_depth(lengths):
    P = leaf_depths(lengths[1])[lengths[0] :]
    return (P @ np.arange(P.shape[1])).mean()


def test_mean_keyword_depths_to_one_digit():
    assert [round(mean_leaf_depth(data.length_range(i)), 1) for i in range(1, 11)] == MEANS


@pytest.mark.parametrize("dataset", range(1, 11))
def test_mean_keyword_depth_of_every_dataset(dataset):
    lengths = data.length_range(dataset)
    depth = _keyword_depth(data.sentences(np.random.default_rng(dataset), 2000, lengths))
    assert abs(depth.mean() - mean_leaf_depth(lengths)) < 4 * depth.std() / np.sqrt(len(depth))


@pytest.mark.parametrize(("lengths", "depths"), [((2, 5), (2, 3)), ((5, 5), (1, 1)), ((1, 4), (0, 1))])
def test_small_trees_come_with_their_exact_probabilities(lengths, depths):
    n = 20_000
    forest = sentences_at_depth(np.random.default_rng(1), n, lengths, depths)
    observed = Counter(_as_pairs(forest))
    weight = {
        (tree, place): p / size
        for size in range(lengths[0], lengths[1] + 1)
        for tree, p in _trees(size).items()
        for place, depth in enumerate(_depths(tree))
        if depths[0] <= depth <= depths[1]
    }
    total = sum(weight.values())
    _close(observed, {key: float(n * p / total) for key, p in weight.items()})


@pytest.fixture(scope="module")
def pool():
    """Sentences of 11 to 14 words, and the depths of their keywords."""
    drawn = data.sentences(np.random.default_rng(3), 120_000, (11, 14))
    return drawn, _keyword_depth(drawn)


@pytest.mark.slow
@pytest.mark.parametrize("depths", [(3, 4), (7, 8)])
def test_long_sentences_are_distributed_as_those_left_of_a_pool(depths, pool):
    lengths, n = (11, 14), 6000
    forest = sentences_at_depth(np.random.default_rng(2), n, lengths, depths)
    pool, depth = pool
    kept = pool.select((depths[0] <= depth) & (depth <= depths[1]))

    def features(forest):
        keyword, length = data.keyword_rows(forest), _lengths(forest)
        start = np.concatenate([[0], forest.root[:-1] + 1])
        leaf_number = np.cumsum(forest.left < 0) - 1
        place = leaf_number[keyword] - leaf_number[start]
        left = (forest.left[forest.root] - start) // 2 + 1  # leaves left of the first split
        yield from (length, forest.depth[keyword], place, left, forest.height[forest.root])
        yield 20 * forest.depth[keyword] + length

    for ours, theirs in zip(features(forest), features(kept), strict=True):
        values, counts = np.unique(np.concatenate([ours, theirs]), return_counts=True)
        rare = values[counts < 100]
        ours, theirs = (np.where(np.isin(x, rare), -1, x) for x in (ours, theirs))
        a, b = (Counter(x.tolist()) for x in (ours, theirs))
        share = n / (n + len(kept))
        # Both are samples: under the same distribution each splits its counts by size.
        statistic = sum(
            (a[v] - share * (a[v] + b[v])) ** 2 / (share * (1 - share) * (a[v] + b[v])) for v in a | b
        )
        freedom = len(a | b) - 1
        assert statistic < freedom + 5 * np.sqrt(2 * max(freedom, 1))


def test_a_depth_that_no_tree_has_is_refused():
    with pytest.raises(ValueError, match="of 5 to 9 leaves has its keyword 9 to 10 steps below the root"):
        sentences_at_depth(np.random.default_rng(0), 3, (5, 9), (9, 10))


def test_depths_in_trees_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="trees of uniform splits, not of balanced"):
        datasets(_settings("depth", 2, shape="balanced"))


@pytest.mark.parametrize(("lengths", "depths"), [((0, 3), (1, 1)), ((3, 4), (2, 1)), ((3, 4), (-1, 1))])
def test_ranges_that_are_none_are_refused(lengths, depths):
    with pytest.raises(ValueError, match="is \\(least, greatest\\)"):
        sentences_at_depth(np.random.default_rng(0), 3, lengths, depths)


@pytest.mark.parametrize("dataset", range(1, 11))
def test_experiment_2_has_one_keyword_at_one_of_two_depths(dataset):
    forest = datasets(_settings("depth", dataset)).train
    leaf = forest.word >= 0
    keyword = leaf & (forest.word < data.KEYWORDS)
    assert (np.bincount(forest.tree[keyword], minlength=len(forest)) == 1).all()
    assert set(_keyword_depth(forest)) == {dataset, dataset + 1}
    assert (_lengths(forest).min(), _lengths(forest).max()) == (21, 30)
    assert forest.word[leaf & ~keyword].min() >= data.KEYWORDS
    assert np.array_equal(forest.label[forest.root], forest.word[keyword] // 100)


@pytest.mark.parametrize("experiment", ["length", "depth"])
def test_classes_are_balanced(experiment):
    settings = _settings(experiment, 3, sizes={"train": 5000, "dev": 1, "test": 1})
    forest = datasets(settings).train
    _close(Counter(forest.label[forest.root].tolist()), dict.fromkeys(range(10), 500.0))


def test_train_dev_and_test_share_no_randomness():
    sets = datasets(_settings())
    first = [forest.word[forest.leaves][:40].tolist() for forest in (sets.train, sets.dev, sets.test)]
    assert len({tuple(words) for words in first}) == 3
    larger = datasets(_settings(sizes={"train": 600, "dev": 300, "test": 200}))
    assert data_hash(larger.train, larger.test) == data_hash(sets.train, sets.test)
    assert larger.hash != sets.hash


def test_both_models_and_all_runs_have_one_dataset():
    of = [_settings(model=model, run=run) for model in ("RNN", "RLSTM") for run in (1, 2)]
    assert len({datasets(settings).hash for settings in of}) == 1
    assert len({tuple(settings.seeds["model"]) for settings in of}) == 2  # one per run
    others = [_settings(seed=1), _settings(dataset=3), _settings("ablate"), _settings("depth")]
    assert len({datasets(settings).hash for settings in [*of, *others]}) == 5


def test_experiment_3_looks_at_experiment_1_s_third_dataset():
    watched, plain = (datasets(_settings(experiment, 3)) for experiment in ("gradient", "length"))
    assert watched.hash == plain.hash
    assert list(watched.extra) == [12, 13]
    for depth, forest in watched.extra.items():
        assert _keyword_depth(forest).tolist() == [depth] * SCALES["smoke"].extra


def test_shuffled_labels_are_the_same_labels_of_other_sentences():
    usual, dealt = (datasets(_settings(labels=labels)) for labels in ("true", "shuffled"))
    true, other = (sets.train.label[sets.train.root] for sets in (usual, dealt))
    assert sorted(true) == sorted(other)
    assert np.mean(true == other) == pytest.approx(0.1, abs=0.05)  # a guess
    assert np.array_equal(usual.train.word, dealt.train.word)
    assert np.array_equal(usual.train.left, dealt.train.left)
    assert data_hash(usual.dev, usual.test) == data_hash(dealt.dev, dealt.test)
    assert usual.hash != dealt.hash == datasets(_settings(labels="shuffled")).hash


@pytest.mark.parametrize("experiment", ["gradient", "depth"])
def test_fresh_sentences_are_others_in_every_epoch_and_of_one_kind(experiment):
    usual, sets = (datasets(_settings(experiment, 3, sentences=s)) for s in ("kept", "fresh"))
    assert usual.fresh is None
    assert sets.hash == usual.hash
    assert sets.fresh(1) is sets.train
    drawn = [sets.fresh(epoch) for epoch in (1, 2, 3)] + [sets.dev, sets.test]
    assert len({data_hash(forest) for forest in drawn}) == 5
    assert data_hash(drawn[1]) == data_hash(sets.fresh(2))
    keys = [forest.word[data.keyword_rows(forest)][:100].tolist() for forest in drawn]
    assert len(set(map(tuple, keys))) == 5
    for forest in drawn[1:3]:
        assert len(forest) == len(sets.train)
        assert (_lengths(forest).min(), _lengths(forest).max()) == (21, 30)
        if experiment == "depth":
            assert set(_keyword_depth(forest)) == {3, 4}


def test_fresh_sentences_can_be_read_as_chains():
    sets = datasets(_settings(sentences="fresh")).as_chains()
    for epoch in (1, 2):
        trees = datasets(_settings(sentences="fresh")).fresh(epoch)
        assert data_hash(sets.fresh(epoch)) == data_hash(models.as_chains(trees)) != data_hash(trees)


def test_labels_of_fresh_sentences_cannot_be_dealt_and_other_words_are_refused():
    with pytest.raises(ValueError, match="deals the labels of sentences that are kept, not of fresh ones"):
        datasets(_settings(sentences="fresh", labels="shuffled"))
    with pytest.raises(ValueError, match="sentences is 'kept' or 'fresh', not 'new'"):
        datasets(_settings(sentences="new"))
    with pytest.raises(ValueError, match="labels is 'true' or 'shuffled', not 'random'"):
        datasets(_settings(labels="random"))
