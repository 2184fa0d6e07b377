from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import VocabularyError
from models.vocabulary import Vocabulary
from tests.models.strategies import modest


def test_numbers_follow_the_order_of_first_appearance():
    vocabulary = Vocabulary(["b", "a", "b", "c"])
    assert vocabulary.words == ("b", "a", "c")
    assert [vocabulary[word] for word in "bac"] == [0, 1, 2]
    assert vocabulary.word(2) == "c"
    assert len(vocabulary) == 3
    assert "a" in vocabulary
    assert "d" not in vocabulary


def test_a_vocabulary_is_a_collection_of_its_words():
    vocabulary = Vocabulary(["b", "a", "b"], "<unk>")
    assert list(vocabulary) == list(vocabulary.words) == ["b", "a", "<unk>"]
    assert all(word in vocabulary for word in vocabulary)


def test_lookup_gives_an_array_that_can_index():
    numbers = Vocabulary(["b", "a", "c"]).lookup(["a", "a", "b"])
    assert numbers.dtype == np.intp
    assert numbers.tolist() == [1, 1, 0]
    assert Vocabulary(["a"]).lookup([]).shape == (0,)


def test_a_missing_word_is_named_with_the_nearest_one_and_a_way_out():
    with pytest.raises(VocabularyError) as caught:
        Vocabulary(["good", "bad"])["goood"]
    message = str(caught.value)
    assert isinstance(caught.value, KeyError)
    assert message.startswith("the word 'goood' is not among the 2 words")
    assert "the nearest is 'good'" in message
    assert "unknown='<unk>'" in message


def test_a_missing_word_in_a_large_vocabulary_costs_no_search():
    with pytest.raises(VocabularyError) as caught:
        Vocabulary(map(str, range(20_000)))["20000"]
    assert "nearest" not in str(caught.value)


def test_missing_words_go_to_the_unknown_entry():
    vocabulary = Vocabulary(["a", "b"], unknown="<unk>")
    assert vocabulary.words == ("a", "b", "<unk>")
    assert vocabulary.lookup(["b", "z", "<unk>"]).tolist() == [1, 2, 2]
    assert "z" not in vocabulary


def test_the_unknown_entry_may_stand_anywhere():
    vocabulary = Vocabulary(["<unk>", "a"], unknown="<unk>")
    assert vocabulary.words == ("<unk>", "a")
    assert vocabulary["z"] == 0


def test_words_and_unknown_make_the_same_vocabulary_again():
    vocabulary = Vocabulary(["a"], unknown="<unk>")
    again = Vocabulary(vocabulary.words, unknown=vocabulary.unknown)
    assert again == vocabulary
    assert hash(again) == hash(vocabulary)
    assert vocabulary != Vocabulary(["a", "<unk>"])
    assert vocabulary != vocabulary.words


@pytest.mark.parametrize("words", [["a", "c"], ["b", "a"], ["a"], ["a", "b", "c"], ["ab"], ["a", "B"]])
def test_vocabularies_of_other_words_or_of_another_order_are_not_equal(words):
    assert Vocabulary(words) != Vocabulary(["a", "b"])
    assert hash(Vocabulary(words)) != hash(Vocabulary(["a", "b"]))


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_without_a_word_does_not_wrap_around(number):
    with pytest.raises(IndexError, match="from 0 to 1"):
        Vocabulary(["a", "b"]).word(number)


@pytest.mark.parametrize("unknown", [None, "<unk>"])
def test_indexing_by_a_number_is_told_apart_from_a_missing_word(unknown):
    with pytest.raises(TypeError, match=r"vocabulary\.word\(number\)"):
        Vocabulary(["a"], unknown)[0]


def test_a_string_is_not_a_list_of_words():
    with pytest.raises(TypeError, match="list of words"):
        Vocabulary("not bad")
    with pytest.raises(TypeError, match="not int"):
        Vocabulary([1, 2])


def test_words_are_counted():
    vocabulary = Vocabulary(["b", "a", "b", "c", "b"], unknown="<unk>")
    assert vocabulary.words == ("b", "a", "c", "<unk>")
    assert vocabulary.counts == (3, 1, 1, 0)


def test_rare_words_are_left_out_and_counted_as_unknown():
    words = ["rare", "often", "often", "<unk>", "seldom", "often", "seldom"]
    vocabulary = Vocabulary(words, unknown="<unk>", min_count=3)
    assert vocabulary.words == ("often", "<unk>")  # one <unk> is too few for a word, but it stays
    assert vocabulary.counts == (3, 4)
    assert vocabulary.lookup(words).tolist() == [1, 0, 0, 1, 1, 0, 1]
    assert sum(vocabulary.counts) == len(words)


def test_rare_words_need_an_entry_to_go_to():
    with pytest.raises(ValueError, match=r"leaves out 1 words.*unknown='<unk>'"):
        Vocabulary(["a", "a", "b"], min_count=2)
    assert Vocabulary(["a", "a"], min_count=2).words == ("a",)


def test_lower_case_holds_for_words_kept_counted_and_looked_up():
    vocabulary = Vocabulary(["The", "the", "CAT", "UNK"], unknown="UNK", lower=True, min_count=1)
    assert vocabulary.words == ("the", "cat", "UNK")
    assert vocabulary.counts == (2, 1, 1)
    assert vocabulary.lookup(["THE", "Cat", "dog", "UNK", "unk"]).tolist() == [0, 1, 2, 2, 2]
    assert "tHe" in vocabulary
    assert "dog" not in vocabulary
    with pytest.raises(VocabularyError, match="the nearest is 'the'"):
        Vocabulary(["the"], lower=True)["Teh"]


@modest
@given(st.lists(st.text(), min_size=1))
def test_every_word_is_found_in_a_lower_case_vocabulary(words):
    vocabulary = Vocabulary(words, lower=True)
    numbers = vocabulary.lookup(words)
    assert [vocabulary.word(k) for k in numbers] == [word.lower() for word in words]
    assert np.bincount(numbers, minlength=len(vocabulary)).tolist() == list(vocabulary.counts)


def test_case_tells_vocabularies_apart_and_counts_do_not():
    assert Vocabulary(["a", "a"]) == Vocabulary(["a"])
    assert hash(Vocabulary(["a", "a"])) == hash(Vocabulary(["a"]))
    assert Vocabulary(["a"], lower=True) != Vocabulary(["a"])


def test_counts_make_the_same_vocabulary_again():
    vocabulary = Vocabulary(["The", "the", "cat"], unknown="UNK", lower=True)
    counts = dict(zip(vocabulary.words, vocabulary.counts, strict=True))
    again = Vocabulary.from_counts(counts, "UNK", lower=True)
    assert again == vocabulary
    assert again.counts == vocabulary.counts
    assert counts == {"the": 2, "cat": 1, "UNK": 0}
    fewer = Vocabulary.from_counts(counts, "UNK", lower=True, min_count=2)
    assert (fewer.words, fewer.counts) == (("the", "UNK"), (2, 1))
    assert counts == {"the": 2, "cat": 1, "UNK": 0}  # not written into


@pytest.mark.parametrize(
    ("counts", "options", "error", "says"),
    [
        ({1: 2}, {}, TypeError, "not int"),
        ({"a": -1}, {}, ValueError, "'a' has the count -1"),
        ({"The": 1}, {"lower": True}, ValueError, "'The' can never be found"),
        ({"a": 1}, {"unknown": 0}, TypeError, "unknown is a word"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, options, error, says):
    with pytest.raises(error, match=says):
        Vocabulary.from_counts(counts, **options)
