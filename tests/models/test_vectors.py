"""Word-vector files: what is read, what is refused, what stands in for words that are missing."""

from __future__ import annotations

import io

import numpy as np
import pytest

import models
from models.vectors import VectorsError, read_vectors

GLOVE = "the 0.1 -0.2 3e-1\n. . . 1 2 3\nbad -1 0 .5\n"


@pytest.fixture
def stored(tmp_path):
    def write(content):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def found(path, *words):
    return {word: vector.tolist() for word, vector in read_vectors(path, words).found.items()}


@pytest.mark.parametrize("header", ["", "3 3\n"])
def test_both_formats_give_the_numbers_as_written(stored, header):
    vectors = read_vectors(stored(header + GLOVE), ["the", "bad", ". . .", "good"])
    assert vectors.width == 3
    assert vectors.found.keys() == {"the", "bad", ". . ."}
    for word, numbers in (("the", [0.1, -0.2, 0.3]), (". . .", [1, 2, 3]), ("bad", [-1, 0, 0.5])):
        np.testing.assert_array_equal(vectors.found[word], np.array(numbers, np.float32))
        assert vectors.found[word].dtype == np.float32


def test_a_first_line_whose_word_is_a_number_or_has_blanks_is_no_header(stored):
    assert found(stored("2003 0.5 1\nbad 1 2\n"), "2003") == {"2003": [0.5, 1.0]}
    assert found(stored("at a@b.com 0.5 1\nbad 1 2\n"), "at a@b.com") == {"at a@b.com": [0.5, 1.0]}


def test_a_no_break_space_is_part_of_a_word(stored):
    # The treebank has words such as "2\xa01\/2".
    assert found(stored("2\xa01\\/2 1 2\nbad 3 4\n"), "2\xa01\\/2") == {"2\xa01\\/2": [1.0, 2.0]}


def test_blanks_at_the_end_tabs_and_windows_line_ends_do_no_harm(stored):
    assert found(stored("the 1 2 \r\nbad\t3\t4\r\n\r\n"), "the", "bad") == {"the": [1, 2], "bad": [3, 4]}
    assert found(stored("the  1  2\nbad 3 4\n"), "the") == {"the": [1, 2]}


def test_only_the_words_that_are_wanted_are_kept(stored):
    path = stored("".join(f"w{k} {k} 1\n" for k in range(1000)))
    assert found(path, "w7", "w999", "w1000") == {"w7": [7, 1], "w999": [999, 1]}


def test_a_file_is_read_line_by_line(stored, monkeypatch):
    path = stored(GLOVE)

    class Lines(io.BufferedReader):
        def read(self, *_):
            raise AssertionError("the whole file is read")

        readlines = readall = read

    opened = Lines(io.FileIO(path))
    monkeypatch.setattr("models.vectors.Path.open", lambda *_: opened)
    assert found(path, "bad") == {"bad": [-1, 0, 0.5]}
    assert opened.closed


def test_the_first_of_two_vectors_of_a_word_counts(stored):
    assert found(stored("bad 1 2\nbad 3 4\n"), "bad") == {"bad": [1, 2]}


def test_progress_adds_up_to_the_file(stored):
    content = "".join(f"w{k} {k} 1\n" for k in range(25_000))
    told: list[int] = []
    read_vectors(stored(content), ["w1"], told.append)
    assert sum(told) == len(content)
    assert len(told) == 3


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("the 1 2\nbad 3\n", r"vectors\.txt, line 2: expected a word and 2 numbers, found 1, in 'bad 3'"),
        ("2 2\nthe 1 2\n\nbad 3\n", "line 4: expected a word and 2 numbers, found 1"),
        ("the 1 2\nother 3 4 5\n", "line 2: expected a word and 2 numbers, found 3, in 'other 3 4 5'"),
        ("the 1 2\nother\n", "line 2: expected a word and 2 numbers, found 0"),
        ("the 1 2\nbad 3 x\n", "line 2: expected a word and 2 numbers, found 1, in 'bad 3 x'"),
        ("the 1 2\nbad  3\n", "line 2: expected a word and 2 numbers, found 1"),
        ("the 1 2\nbad nan 3\n", "line 2: the numbers of a word are finite, in 'bad nan 3'"),
        ("the 1 2\nbad 1e39 3\n", "line 2: the numbers of a word are finite"),
        ("3 2\nthe 1 2\nbad 3 4\n", "has 2 vectors, but its first line says 3; has it been cut off"),
        ("1 2\nthe 1 2\nbad 3 4\n", "has 2 vectors, but its first line says 1"),
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("3 50\n", "it is empty"),
        ("hello\n", "line 1: expected a word and its numbers, as in: good 0.12"),
        ("the 1 2\nother 3 4\n", "has none of the 3 words that are wanted"),
        (b"PK\x03\x04\x14\0", "is a zip archive; unpack it first"),
        (b"\x1f\x8b\x08\0", "is packed with gzip; unpack it first"),
        (b"1 3\nbad \0\x01\x02\x03\n", "line 2: expected .* is it in word2vec's binary format"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(stored, content, text):
    with pytest.raises(VectorsError, match=text):
        read_vectors(stored(content), ["bad", "Bad", "nothing"])


def test_capitals_are_looked_for_as_written_then_in_small_letters(stored):
    vectors = read_vectors(stored("us 1 2\nUS 3 4\nthe 5 6\n"), ["US", "The", "Us"])
    assert [
        None if (v := vectors.of(word)) is None else v.tolist() for word in ("US", "us", "Us", "The", "x")
    ] == [
        [3, 4],
        [1, 2],
        [1, 2],
        [5, 6],
        None,
    ]


def test_words_that_the_penn_treebank_writes_otherwise_are_looked_for_in_plain_text(stored):
    vectors = read_vectors(stored("( 1 2\nand/or 3 4\n-lrb- 5 6\n"), ["-LRB-", "And\\/or", "x"])
    assert vectors.of("-LRB-").tolist() == [1, 2]
    assert vectors.of("And\\/or").tolist() == [3, 4]
    assert vectors.of("x") is None


def test_missing_words_are_drawn_as_long_as_the_others_on_average(stored):
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 0.3, (500, 8))
    path = stored("".join(f"w{k} {' '.join(map(str, row))}\n" for k, row in enumerate(rows)))
    known, missing = [f"w{k}" for k in range(500)], [f"m{k}" for k in range(500)]
    vocabulary = models.Vocabulary([*missing, *known])
    vectors = read_vectors(path, vocabulary.words)
    table = vectors.table(vocabulary, np.random.default_rng(2))
    np.testing.assert_array_equal(table[500:], rows.astype(np.float32))
    drawn = table[:500]
    assert drawn.std() == pytest.approx(0.3, rel=0.05)
    assert np.abs(drawn).max() <= np.sqrt(3) * rows.std() * 1.000001
    assert len(np.unique(drawn)) > 3900  # each has its own
    np.testing.assert_array_equal(table, vectors.table(vocabulary, np.random.default_rng(2)))


def test_the_draws_of_missing_words_do_not_depend_on_which_others_are_found(stored):
    vocabulary = models.Vocabulary(["a", "b", "c"])
    few = read_vectors(stored("a 1 -1\n"), vocabulary.words)
    more = read_vectors(stored("a 1 -1\nb 1 -1\n"), vocabulary.words)
    tables = [vectors.table(vocabulary, np.random.default_rng(0)) for vectors in (few, more)]
    np.testing.assert_array_equal(tables[0][2], tables[1][2])


def test_a_seed_is_no_generator(stored):
    vectors = read_vectors(stored(GLOVE), ["bad"])
    with pytest.raises(TypeError, match="default_rng"):
        vectors.table(models.Vocabulary(["bad"]), 0)


def test_the_checksum_tells_words_and_numbers_apart(stored):
    same = [
        read_vectors(stored(text), ["a", "b"]).sha256() for text in ("a 1 2\nb 3 4\n", "2 2\nb 3 4\na 1 2\n")
    ]
    assert same[0] == same[1]
    for text in ("a 1 2\nb 3 5\n", "b 1 2\na 3 4\n", "a 1 2\n"):
        assert read_vectors(stored(text), ["a", "b"]).sha256() != same[0]
