from __future__ import annotations

import numpy as np
import pytest

from models.errors import VocabularyError
from models.vocabulary import Vocabulary


def test_numbers_follow_the_order_of_first_appearance():
    vocabulary = Vocabulary(["b", "a", "b", "c"])
    assert vocabulary.words == ("b", "a", "c")
    assert [vocabulary[word] for word in "bac"] == [0, 1, 2]
    assert vocabulary.word(2) == "c"
    assert len(vocabulary) == 3
    assert "a" in vocabulary
    assert "d" not in vocabulary


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
