"""Treebanks as bytes: encodings, byte-order marks, line ends, compression."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import re

import pytest
from hypothesis import given

from models.errors import TreebankError
from models.notation import plain_word, treebank_word
from models.reader import read_trees
from models.tree import Tree
from tests.models.strategies import modest, words

TEXT = "(3 (2 naïve) (1 語))\r\n(2 ok)\r\n"
TREES = ["(3 (2 naïve) (1 語))", "(2 ok)"]


def read(content: bytes, errors: str = "raise", **options: object) -> list[str]:
    return [str(tree) for tree in read_trees(io.BytesIO(content), errors, **options)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_byte_order_marks_and_windows_line_ends_are_read(encoding):
    content = TEXT.encode(encoding)
    assert read(content, encoding="utf-8" if encoding == "utf-8-sig" else encoding) == TREES


def test_a_byte_order_mark_does_not_shift_the_column():
    with pytest.raises(TreebankError) as caught:
        read("(3 a b)".encode("utf-8-sig"))
    assert caught.value.column == 6


def test_a_byte_that_cannot_be_decoded_is_placed_and_spoils_one_tree():
    content = "(3 naïve)\n(2 语 caf".encode() + "é)\n(1 b)".encode("latin-1")
    with pytest.raises(TreebankError) as caught:
        read(content)
    assert (caught.value.line, caught.value.column) == (2, 9)
    assert "the byte 0xe9; if the text has another encoding, name it" in caught.value.found
    assert str(caught.value).split("\n")[2].index("^") == 2 + 8 + 1  # one letter before it is wide
    assert read(content, "skip") == ["(3 naïve)", "(1 b)"]
    assert read("(3 café)".encode("latin-1"), encoding="latin-1") == ["(3 café)"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.encode("utf-16"), "a text in UTF-16; pass encoding='utf-16'$"),
        (TEXT.encode("utf-32"), "a text in UTF-32; pass encoding='utf-32'$"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "a text in UTF-32; pass encoding='utf-32'$"),
        ("(3 (2 a) (1 b))\n".encode("utf-16-le"), "a zero byte, as in .*, as utf-16-le, with encoding=$"),
        ("(3 (2 a) (1 b))\n".encode("utf-16-be"), "a zero byte"),
    ],
)
def test_encodings_of_two_or_four_bytes_are_recognised_by_their_mark_or_zeros(content, told):
    with pytest.raises(TreebankError) as caught:
        read(content)
    assert re.search(told, caught.value.found)
    assert caught.value.line == 1


@pytest.mark.parametrize("errors", ["raise", "skip", "collect"])
def test_a_text_that_cannot_be_decoded_any_further_ends_in_an_error(errors):
    with pytest.raises(TreebankError, match=r"expected text in utf-16, found here .*truncated"):
        read(TEXT.encode("utf-16")[:-1], errors, encoding="utf-16")


def test_a_text_stream_that_cannot_be_decoded_is_named_with_its_own_encoding(tmp_path):
    path = tmp_path / "bank"
    path.write_bytes(b"(2 a)\n(2 caf\xe9)")
    with path.open(encoding="ascii") as file, pytest.raises(TreebankError, match=r"bank, line 1.*in ascii"):
        list(read_trees(file))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_data_are_recognised_and_damage_is_an_os_error(tmp_path, pack):
    path = tmp_path / "bank"
    path.write_bytes(pack(TEXT.encode()))
    assert [str(tree) for tree in read_trees(path)] == TREES
    with path.open("rb") as file:
        assert [str(tree) for tree in read_trees(file)] == TREES
        assert not file.closed
    name = "xz" if pack is lzma.compress else pack.__module__.lstrip("_")
    with pytest.raises(TreebankError, match=f"found data compressed by {name}; unpack them"):
        read(path.read_bytes())  # bytes in memory
    for content in (path.read_bytes()[:-9], path.read_bytes()[:10] + b"\xff" * 30, path.read_bytes()[:6]):
        path.write_bytes(content)
        with pytest.raises(OSError, match=r"bank is damaged compressed data"):
            list(read_trees(path))


def test_files_are_left_open_for_whoever_opened_them_and_otherwise_closed(tmp_path):
    path = tmp_path / "bank"
    path.write_text(TEXT, encoding="utf-8", newline="")
    with path.open("rb") as file:
        assert len(list(read_trees(file))) == 2
        assert not file.closed
    with path.open(encoding="utf-8") as file:
        assert len(list(read_trees(file))) == 2
    with path.open("rb") as file:
        reader = read_trees(file)
        next(reader)
    del reader  # behind the file's end of life; warnings are errors
    reader = read_trees(path)
    next(reader)
    del reader


def test_only_a_line_feed_ends_a_line():
    trees = [Tree("3", "a\x85b\u2028c\x1cd"), Tree("3", "a\rb")]
    content = "\n".join(map(str, trees)).encode()
    assert list(read_trees(io.BytesIO(content))) == trees


def test_a_pipe_is_read():
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(TEXT.encode())
    with os.fdopen(reading, "rb") as file:
        assert [str(tree) for tree in read_trees(file)] == TREES


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("-LRB-", "("),
        (":-RRB-", ":)"),
        ("-LSB-", "["),
        ("-RSB-", "]"),
        ("-LCB-", "{"),
        ("-RCB-", "}"),
        (r"writer\/director\/producer", "writer/director/producer"),
        (r"\*\*\*", "***"),
        ("not", "not"),
    ],
)
def test_words_of_the_penn_treebank_are_made_plain_and_back(written, plain):
    assert plain_word(written) == plain
    assert treebank_word(plain) == written
    tree = Tree("3", children=[Tree("2", written), Tree("-LRB-", "a")])
    assert tree.map(word=plain_word).words() == [plain, "a"]
    assert str(tree.map(word=plain_word).map(word=treebank_word)) == str(tree)
    assert Tree.parse(str(tree.map(word=plain_word))) == tree.map(word=plain_word)


@modest
@given(words)
def test_plain_words_survive_the_way_to_the_treebank_and_back(word):
    if "B-" not in word:  # -LRB- and its kin stand for brackets
        assert plain_word(treebank_word(word)) == word
