"""Word-vector files: what is read, what is refused, what stands in for words that are missing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import warnings
from unicodedata import normalize

import numpy as np
import pytest

import models
from models import vector_file
from models.vectors import VectorsError, VectorsWarning, read_vectors

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
    packed = b"25000 1\n" + b"".join(f"w{k} ".encode() + bytes(4) for k in range(25_000))
    told.clear()
    read_vectors(stored(packed), ["w1"], told.append)
    assert sum(told) == len(packed)
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
        (
            "2 2\nthe 1 2 3\nbad 3 4 5\n",
            "line 1: expected 2 numbers per word, as it says, but every line has",
        ),
        ("2 3\nthe 1 2\nbad 3 4\n", "line 2: expected a word and 3 numbers, found 2"),
        ("the 1 2\nworld war 2 3 4\n", "line 2: expected a word and 2 numbers, found 3"),
        ("the 1 2\n3 4\n", "line 2: expected a word and 2 numbers"),
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("3 50\n", "it is empty"),
        ("hello\n", "line 1: expected a word and its numbers, as in: good 0.12"),
        ("the 1 2\nother 3 4\n", "has none of the 3 words that are wanted"),
        (b"PK\x03\x04\x14\0", "is a zip archive; unpack it first"),
        ("the 1 2\n".encode("utf-16"), "is a text in UTF-16; write it in UTF-8"),
        ("the 1 2\n".encode("utf-32"), "is a text in UTF-32; write it in UTF-8"),
        ("the 1 2\n".encode("utf-16-be"), "line 1: a zero byte"),
        (
            b"1 3\nbad \0\x01\x02\x03\n",
            "word 1: the file ends inside its 3 numbers; has it been cut off.* in 'bad'",
        ),
        (b"1 1\nbad \0\0\x80\x7f", "word 1: the numbers of a word are finite, in 'bad'"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(stored, content, text):
    with pytest.raises(VectorsError, match=text):
        read_vectors(stored(content), ["bad", "Bad", "nothing"])


def test_words_are_wanted_as_a_list_or_vocabulary_and_not_as_one_string(stored):
    file = stored("the 1 2\nbad 3 4\n")
    assert read_vectors(file, models.Vocabulary(["bad"], "<unk>")).found.keys() == {"bad"}
    with pytest.raises(TypeError, match="are a list, not one str 'bad'"):
        read_vectors(file, "bad")


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
    with pytest.warns(VectorsWarning, match="500 of 1000 words of the vocabulary have no vector"):
        table = vectors.table(vocabulary, np.random.default_rng(2))
    np.testing.assert_array_equal(table[500:], rows.astype(np.float32))
    assert table.dtype == np.float32
    drawn = table[:500]
    assert drawn.std() == pytest.approx(0.3, rel=0.05)
    assert np.abs(drawn).max() <= np.sqrt(3) * rows.std() * 1.000001
    assert len(np.unique(drawn)) > 3900  # each has its own
    with pytest.warns(VectorsWarning):
        np.testing.assert_array_equal(table, vectors.table(vocabulary, np.random.default_rng(2)))


def test_the_draws_of_missing_words_do_not_depend_on_which_others_are_found(stored):
    vocabulary = models.Vocabulary(["a", "b", "c"])
    few = read_vectors(stored("a 1 -1\n"), vocabulary.words)
    more = read_vectors(stored("a 1 -1\nb 1 -1\n"), vocabulary.words)
    with pytest.warns(VectorsWarning):
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


def values(vectors, *words):
    return [None if (v := vectors.of(word)) is None else v.tolist() for word in words]


def test_a_word_in_small_letters_finds_its_cased_forms_the_exact_one_first(stored):
    path = stored("\ufeffHaus 1 1\nHAUS 2 2\nMAY 3 3\nmay 4 4\nŽena 5 5\nÄrger 6 6\n")
    vectors = read_vectors(path, ["haus", "may", "žena", "ärger", "HAUS", "May"])
    assert values(vectors, "haus", "may", "žena", "ärger") == [[1, 1], [4, 4], [5, 5], [6, 6]]
    assert values(vectors, "HAUS", "hAUS") == [[2, 2], [1, 1]]
    # A lower-case vocabulary, made of text in any case, gets the same ones.
    vocabulary = models.Vocabulary(["HAUS", "May", "žena"], lower=True)
    table = vectors.table(vocabulary, np.random.default_rng(0))
    assert table.tolist() == [[1, 1], [4, 4], [5, 5]]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("header", ["", "2 1\n"])
def test_a_byte_order_mark_hides_no_word(stored, mark, header):
    assert found(stored(f"{mark}{header}the 1\nbad 2\n"), "the", "bad") == {"the": [1], "bad": [2]}


@pytest.mark.parametrize(("here", "there"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_are_found_however_they_are_coded(stored, here, there):
    path = stored(normalize(there, "Émile 1 1\nå 2 2\nnaïve 3 3\n"))
    words = [normalize(here, word) for word in ("émile", "å", "Naïve")]
    assert values(read_vectors(path, words), *words) == [[1, 1], [2, 2], [3, 3]]


def test_names_of_brackets_are_decoded_in_small_letters_too(stored):
    vectors = read_vectors(stored("( 1 1\n] 2 2\n"), ["-lrb-", "-rsb-", "-lcb-"])
    assert values(vectors, "-lrb-", "-rsb-", "-lcb-") == [[1, 1], [2, 2], None]


def test_words_without_a_vector_are_named(stored):
    vectors = read_vectors(stored("a 1 2\n"), ["a", "b"])
    vocabulary = models.Vocabulary(["A", "b", "c"], "<unk>")
    assert vectors.missing(vocabulary) == ["b", "c"]
    with pytest.warns(
        VectorsWarning, match=r"2 of 4 words .* \('b', 'c'\); their rows are random, and stay so"
    ):
        vectors.table(vocabulary, np.random.default_rng(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors.table(models.Vocabulary(["a"], "<unk>"), np.random.default_rng(0))


def test_words_in_another_encoding_are_told_and_read_if_it_is_named(stored):
    path = stored("the 1 1\nnaïve 2 2\nbête 3 3\n".encode("latin-1"))
    with pytest.warns(VectorsWarning, match="2 words not in utf-8, the first in line 2"):
        assert values(read_vectors(path, ["the", "naïve"]), "the", "naïve") == [[1, 1], None]
    with pytest.raises(VectorsError, match=r"none of the 1 words.*not in utf-8, the first in line 2"):
        read_vectors(path, ["naïve"])
    assert values(read_vectors(path, ["naïve", "Bête"], encoding="latin-1"), "naïve", "Bête") == [
        [2, 2],
        [3, 3],
    ]
    with pytest.raises(ValueError, match="no text encoding 'latin-one'"):
        read_vectors(path, ["the"], encoding="latin-one")


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("the 1 2\n 3 4\nbad 5 6\n", 2),
        ("   3 4\nthe 1 2\n\r 7 8\nbad 5 6\n", 1),
        ("3 2\nthe 1 2\n\t\t3 4\nbad 5 6\n", 3),
        ("3 2\n\n 9 9\nthe 1 2\nbad 5 6\n", 3),
    ],
)
def test_a_line_without_a_word_is_passed_over_and_counted(stored, content, first):
    count = 2 if "\r" in content else 1
    with pytest.warns(VectorsWarning, match=f"{count} lines? without a word.*the first is number {first}"):
        assert found(stored(content), "the", "bad", "3") == {"the": [1, 2], "bad": [5, 6]}


@pytest.mark.parametrize(("says", "text"), [(5, "says 5; has it been cut off"), (1, "says 1$")])
def test_a_first_line_with_another_number_of_words_is_told(stored, says, text):
    with pytest.warns(VectorsWarning, match=f"2 vectors, but the first line {text}"):
        assert found(stored(f"{says} 2\nthe 1 2\nbad 3 4\n"), "bad") == {"bad": [3, 4]}


def test_with_a_first_line_a_phrase_may_end_in_a_number(stored):
    path = stored("4 2\nfall 89 1 2\nthe 3 4\n1 000 5 6\n7 8 9\n")
    assert found(path, "fall 89", "1 000", "7", "the") == {
        "fall 89": [1, 2],
        "the": [3, 4],
        "1 000": [5, 6],
        "7": [8, 9],
    }


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_read_and_damage_is_an_os_error(stored, pack):
    text = "".join(f"w{k} {k} 1\n" for k in range(20_000)).encode()
    path, told = stored(pack(text)), []
    vectors = read_vectors(path, ["w7", "w19999"], told.append)
    assert values(vectors, "w7", "w19999") == [[7, 1], [19999, 1]]
    assert sum(told) == path.stat().st_size
    with pytest.raises(OSError, match=r"vectors\.txt is damaged compressed data"):
        read_vectors(stored(pack(text)[:-20]), ["w7"])


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_binary_format_of_word2vec_is_read(stored, end):
    numbers = np.random.default_rng(3).normal(size=(4, 5)).astype("<f4")
    words = ["in", "fall 89".replace(" ", "_"), "naïve", "10"]
    content = b"4 5\n" + b"".join(
        word.encode() + b" " + row.tobytes() + end for word, row in zip(words, numbers, strict=True)
    )
    vectors = read_vectors(stored(content), [*words, "other"])
    assert list(vectors.found) == words
    np.testing.assert_array_equal(np.stack(list(vectors.found.values())), numbers)
    np.testing.assert_array_equal(
        read_vectors(stored(gzip.compress(content)), ["naïve"]).of("Naïve"), numbers[2]
    )
    with pytest.warns(VectorsWarning, match="3 vectors, but the first line says 4; has it been cut off"):
        read_vectors(stored(content[: -20 - len(end) - len(b"10 ")]), words)
    strange = content.replace("naïve".encode(), b"na\xefve").replace(b"in ", b" ", 1)
    with pytest.warns(VectorsWarning) as told:
        read_vectors(stored(strange), ["10"])
    assert [str(remark.message).split(": ", 1)[1][:50] for remark in told] == [
        "1 vector without a word, or with one of blanks, pa",
        "1 word not in utf-8, the first being word 3; if th",
    ]
    with pytest.raises(VectorsError, match="word 4: the file ends inside its 5 numbers"):
        read_vectors(stored(content[: -3 - len(end)]), words)


def test_any_file_gives_vectors_or_a_named_error(monkeypatch):
    """10,000 files put together from what files of vectors are made of, and some damage."""
    rng = random.Random(5)
    parts = [
        "a",
        "b 2",
        "1",
        "2.5",
        "-3e2",
        "nan",
        " ",
        "\t",
        "\n",
        "\r\n",
        "é",
        "\ufeff",
        "2 2\n",
        "1 2\n",
        "\0",
    ]
    pieces = [part.encode() for part in [*parts, *["a 1 2\n"] * 35]]
    read, refused = 0, []
    content = b""
    monkeypatch.setattr("models.vectors.Path.open", lambda *_: io.BufferedReader(io.BytesIO(content)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VectorsWarning)
        for _ in range(10_000):
            content = b"".join(rng.choices(pieces, k=rng.randint(0, 6)))
            if rng.random() < 0.2:
                at = rng.randrange(len(content) + 1)
                content = content[:at] + rng.randbytes(2) + content[at:]
            try:
                vectors = read_vectors("vectors.txt", ["a", "é", "1"])
            except VectorsError as error:
                refused.append(str(error))
                continue
            assert vectors.found
            assert all(v.shape == (vectors.width,) and np.isfinite(v).all() for v in vectors.found.values())
            read += 1
    assert all("vectors.txt" in message for message in refused)
    assert min(read, len(refused)) > 1000


@pytest.mark.parametrize("line", ["other  1 2", "other 1  2"])
def test_a_word_that_is_not_wanted_has_as_many_numbers_as_the_others(tmp_path, line):
    (tmp_path / "v.txt").write_text(f"good 1 2 3\n{line}\n", encoding="utf-8")
    with pytest.raises(VectorsError, match="line 2: expected a word and 3 numbers"):
        read_vectors(tmp_path / "v.txt", ["good"])


@pytest.mark.parametrize("few", [0, 10**9], ids=["by the loop", "by NumPy"])
def test_numbers_are_read_to_the_last_bit_by_either_parser(tmp_path, monkeypatch, few):
    monkeypatch.setattr(vector_file, "_FEW", few)
    rows = ["1 -2.5", "1e30 1e-30", "0.1234567890123456789 1_000", "3.4e38 -.5", "+7 0.30000001192092896"]
    (tmp_path / "v.txt").write_text("".join(f"w{k} {row}\n" for k, row in enumerate(rows)), encoding="utf-8")
    found = read_vectors(tmp_path / "v.txt", [f"w{k}" for k in range(len(rows))]).found
    for k, row in enumerate(rows):
        expected = np.array([float(field) for field in row.split()]).astype(np.float32)
        assert found[f"w{k}"].tobytes() == expected.tobytes()
    for wrong in ("1 2-3", "1 x", "1 2 3", "1  2 3", "1e999 2", "1 nan"):
        (tmp_path / "v.txt").write_text(f"a 1 2\nw {wrong}\n", encoding="utf-8")
        with pytest.raises(VectorsError, match="line 2"):
            read_vectors(tmp_path / "v.txt", ["w"])
