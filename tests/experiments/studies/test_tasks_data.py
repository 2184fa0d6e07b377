"""The tasks' sentences: labels read off words and trees by hand, chance, and what the words alone allow."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from experiments.studies.tasks import words
from experiments.studies.tasks.distractors import distractors
from experiments.studies.tasks.keywords import addition, order
from experiments.studies.tasks.negation import matching, negation
from experiments.studies.tasks.perform import TASKS
from experiments.studies.tasks.sentences import ranks

N, LENGTHS = 1500, (5, 9)


def _drawn(task, seed=0, n=N, lengths=LENGTHS):
    rng = np.random.default_rng(seed)
    return distractors(rng, n, lengths, 0.6) if task is distractors else task(rng, n, lengths)


EVERY = pytest.mark.parametrize("task", [addition, order, negation, distractors])


@pytest.fixture(scope="module")
def drawn():
    return {task: _drawn(task) for task in (addition, order, negation, distractors)}


def _class(node):
    """The class of a leaf that is a keyword, None of anything else."""
    return int(node.word) // 3 if node.word is not None and int(node.word) < 30 else None


def _is(node, numbers):
    return node.word is not None and int(node.word) in numbers


def _keywords(node, depth=0):
    """Class and depth of every keyword that no mark hides, left to right."""
    if node.word is not None:
        return [] if _class(node) is None else [(_class(node), depth)]
    left, right = node.children
    found = _keywords(left, depth + 1)
    hidden = _is(left, range(33, 36)) and right.word is not None
    return found if hidden else found + _keywords(right, depth + 1)


def _negated(node):
    """The class of the phrase's keyword after all negators inside of it have acted."""
    if node.word is not None:
        return _class(node)
    left, right = node.children
    for phrase, other in ((left, right), (right, left)):
        value = _negated(phrase)
        if value is not None:
            return (value + 5) % 10 if _is(other, range(30, 33)) else value
    return None


BY_HAND = {
    addition: lambda tree: sum(k for k, _ in _keywords(tree)) % 10,
    order: lambda tree: _keywords(tree)[0][0],
    negation: _negated,
    distractors: lambda tree: _keywords(tree)[0][0],
}
COUNTED = {  # the words that are counted, and how many the sentence may have
    addition: (range(30), {1, 2, 3, 4}),
    order: (range(30), {1, 2, 3, 4}),
    negation: (range(30, 33), {0, 1, 2, 3}),
    distractors: (range(33, 36), {0, 1, 2, 3, 4}),
}
ALLOWED = {
    addition: {0},
    order: {0},
    negation: {0, 30},
    distractors: {0, 33},
}  # kinds of words, by their first


@EVERY
def test_labels_are_those_that_words_and_tree_say(drawn, task):
    sentences = drawn[task]
    labels = sentences.forest.label[sentences.forest.root]
    assert [BY_HAND[task](tree) for tree in sentences.forest] == labels.tolist()
    inner = np.setdiff1d(np.arange(sentences.forest.n_nodes), sentences.forest.root)
    assert (sentences.forest.label[inner] == -1).all()


@EVERY
def test_counts_and_depths_are_those_of_the_trees(drawn, task):
    sentences = drawn[task]
    numbers, possible = COUNTED[task]
    trees = list(sentences.forest)
    assert [sum(int(word) in numbers for word in tree.words()) for tree in trees] == sentences.count.tolist()
    assert set(sentences.count.tolist()) == possible
    assert [max(depth for _, depth in _keywords(tree)) for tree in trees] == sentences.depth.tolist()
    if task in (negation, distractors):
        assert {len(_keywords(tree)) for tree in trees} == {1}


@EVERY
def test_no_task_has_words_of_another(drawn, task):
    word = drawn[task].forest.word
    kinds = {0: range(30), 30: range(30, 33), 33: range(33, 36)}
    present = {first for first, numbers in kinds.items() if np.isin(word, numbers).any()}
    assert present - {0} == ALLOWED[task] - {0}
    assert word.max() == len(words.VOCABULARY) - 1 == 999


@EVERY
def test_guessing_is_right_in_a_tenth(task):
    sentences = _drawn(task, seed=3, n=8000)
    labels = sentences.forest.label[sentences.forest.root]
    for count in np.unique(sentences.count):
        chosen = labels[sentences.count == count]
        if len(chosen) > 500:
            share = np.bincount(chosen, minlength=10) / len(chosen)
            assert np.abs(share - 0.1).max() < 5 * np.sqrt(0.09 / len(chosen))


def test_negators_act_in_half_of_the_sentences_whatever_the_words_are():
    sentences = _drawn(negation, seed=1, n=8000)
    forest = sentences.forest
    length = np.bincount(forest.tree[forest.leaves])
    keyword = forest.word[(forest.word >= 0) & (forest.word < 30)]
    turned = forest.label[forest.root] != keyword // 3
    for count in range(4):
        for words_ in range(LENGTHS[0], LENGTHS[1] + 1):
            stratum = turned[(sentences.count == count) & (length == words_)]
            assert len(stratum) > 280  # all lengths and counts are as likely
            expected = 0.5 if count else 0.0
            assert abs(stratum.mean() - expected) < 5 * np.sqrt(0.25 / len(stratum))
    assert set(np.unique(sentences.blind[sentences.count > 0])) == {0.5}
    assert set(np.unique(sentences.blind[sentences.count == 0])) == {1.0}


@pytest.mark.parametrize("task", [order, distractors])
def test_a_reader_of_the_words_alone_is_right_as_often_as_is_said(drawn, task):
    # Such a reader names the commonest class; ties are broken by the lowest.
    sentences = _drawn(task, seed=2, n=6000)
    hits = []
    for tree, blind in zip(sentences.forest, sentences.blind, strict=True):
        classes = Counter(int(word) // 3 for word in tree.words() if int(word) < 30)
        named, often = max(sorted(classes.items()), key=lambda item: item[1])
        assert blind == often / classes.total()
        hits.append(named == int(tree.label))
    assert abs(np.mean(hits) - sentences.blind.mean()) < 5 * np.sqrt(0.25 / len(hits))


def test_the_sum_needs_no_order():
    assert (_drawn(addition).blind == 1).all()


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_the_rate_is_that_of_pairs_without_the_keyword(rate):
    sentences = distractors(np.random.default_rng(0), 3000, (5, 9), rate)
    forest = sentences.forest
    left, right = forest.left[forest.inner], forest.right[forest.inner]
    pair = (forest.left[left] < 0) & (forest.left[right] < 0)
    marked = pair & np.isin(forest.word[left], words.MARKS)
    keyword = pair & ~marked & ((forest.word[left] < 30) | (forest.word[right] < 30))
    free = np.count_nonzero(pair & ~keyword)
    assert abs(np.count_nonzero(marked) / free - rate) < 5 * np.sqrt(rate * (1 - rate) / free) + 1e-9
    assert np.count_nonzero(marked) == sentences.count.sum()
    assert (forest.word[right[marked]] < 30).all()


@EVERY
def test_the_same_seed_gives_the_same_sentences(drawn, task):
    again, other = _drawn(task), _drawn(task, seed=9)
    for name in ("word", "left", "label"):
        assert np.array_equal(getattr(again.forest, name), getattr(drawn[task].forest, name))
    assert not np.array_equal(again.forest.word[:50], other.forest.word[:50])


@EVERY
def test_lengths_fill_their_range(drawn, task):
    forest = drawn[task].forest
    share = np.bincount(np.bincount(forest.tree[forest.leaves]))[LENGTHS[0] :] / N
    assert np.abs(share - 0.2).max() < 5 * np.sqrt(0.16 / N)


def test_keywords_stand_anywhere():
    forest = _drawn(addition, n=4000, lengths=(6, 6)).forest
    place = np.flatnonzero(forest.word[forest.leaves] < 30) % 6
    share = np.bincount(place) / len(place)
    assert np.abs(share - 1 / 6).max() < 5 * np.sqrt(0.14 / len(place))


def test_ranks_are_a_random_order_of_each_sentence():
    forest = _drawn(order, n=50).forest
    rank = ranks(np.random.default_rng(1), forest)
    tree = forest.tree[forest.leaves]
    for number in range(50):
        mine = rank[tree == number]
        assert sorted(mine) == list(range(len(mine)))
    assert not np.array_equal(rank, ranks(np.random.default_rng(2), forest))


def test_matching_takes_what_is_wanted_and_nothing_twice():
    rng = np.random.default_rng(0)
    for _ in range(200):
        wanted, found = rng.integers(4, size=rng.integers(1, 6)), rng.integers(4, size=rng.integers(1, 12))
        enough = not Counter(wanted.tolist()) - Counter(found.tolist())
        chosen = matching(wanted, found)
        assert (chosen is not None) == enough
        if chosen is not None:
            assert np.array_equal(found[chosen], wanted)
            assert len(set(chosen.tolist())) == len(chosen)


def test_a_short_pool_is_drawn_anew(monkeypatch):
    from experiments.studies.tasks import negation as module

    monkeypatch.setattr(module, "POOL", 1)
    sentences = module.negation(np.random.default_rng(0), 40, (5, 15))
    assert len(sentences.forest) == 40


@EVERY
@pytest.mark.parametrize("lengths", [(3, 9), (8, 5)])
def test_sentences_too_short_for_the_words_are_refused(task, lengths):
    with pytest.raises(ValueError, match=r"lengths is \(least, greatest\), from 4 on"):
        _drawn(task, lengths=lengths)


@EVERY
def test_a_seed_is_not_a_generator(task):
    with pytest.raises(TypeError, match="rng is a "):
        task(3, 10, (5, 9), *([0.5] if task is distractors else []))


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(rate):
    with pytest.raises(ValueError, match="rate is a probability, from 0 to 1"):
        distractors(np.random.default_rng(0), 5, LENGTHS, rate)


def test_every_task_has_a_name():
    assert list(TASKS.values()) == [addition, order, negation, distractors]
