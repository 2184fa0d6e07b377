from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import TreebankError
from models.tree import Tree
from tests.models.strategies import modest


def fault(text: str, source: str | None = None) -> TreebankError:
    with pytest.raises(TreebankError) as caught:
        Tree.parse(text, source)
    return caught.value


def test_the_example_of_the_readme():
    tree = Tree.parse("(3 (2 not) (1 bad))")
    assert tree == Tree("3", children=[Tree("2", "not"), Tree("1", "bad")])
    assert str(tree) == "(3 (2 not) (1 bad))"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(2 good)", Tree("2", "good")),
        ("(good)", Tree(None, "good")),
        ("((2 a) (1 b))", Tree(None, children=[Tree("2", "a"), Tree("1", "b")])),
        ("( (S (X a)) )", Tree(None, children=[Tree("S", children=[Tree("X", "a")])])),
        ("(3(2 a)(1 b))", Tree("3", children=[Tree("2", "a"), Tree("1", "b")])),
        (
            "\n (N\r\n\t(x a)\f(x b)\v(x c)) \n",
            Tree("N", children=[Tree("x", word) for word in "abc"]),
        ),
        ("(-LRB- -LRB-)", Tree("-LRB-", "-LRB-")),
        (r"(2 \()", Tree("2", "(")),
        (r"(\) \\)", Tree(")", "\\")),
        (r"(2 a\ b)", Tree("2", "a b")),
        (r"(2 and\/or)", Tree("2", r"and\/or")),
        ("(2 2\xa01\\/2)", Tree("2", "2\xa01\\/2")),
    ],
)
def test_reads(text, tree):
    assert Tree.parse(text) == tree


def test_a_treebank_word_with_a_backslash_is_written_as_it_was_read():
    assert str(Tree("2", r"and\/or")) == r"(2 and\/or)"
    assert str(Tree("2", "\\")) == r"(2 \\)"


@pytest.mark.parametrize(
    ("text", "line", "column", "expected", "found"),
    [
        ("", 1, 1, "'(' to open a tree", "the end of the text"),
        (" \n ", 1, 1, "'(' to open a tree", "the end of the text"),
        ("(3 (2 a) (1 b)", 1, 15, "')' to close the bracket opened at line 1, column 1", "the end"),
        ("(3 (2 a", 1, 8, "')' to close the bracket opened at line 1, column 4", "the end"),
        ("(3 (2 a)\n  (1 b)\n\n", 2, 8, "opened at line 1, column 1", "the end of the text"),
        (")", 1, 1, "'(' to open a tree", "')', which closes no bracket"),
        ("(3 a))", 1, 6, "the end of the text", "')', which closes no bracket"),
        ("(3 a)\n(2 b)", 2, 1, "the end of the text", "'(': a second tree"),
        ("(3 a) b", 1, 7, "the end of the text", "the word 'b'; words stand inside brackets"),
        ("good", 1, 1, "'(' to open a tree", "the word 'good'; words stand inside brackets"),
        ("()", 1, 2, "a word or a child in the bracket opened at line 1, column 1", "')'"),
        ("(3 (2 a) ( ))", 1, 12, "a word or a child", "')'"),
        ("(3 a b)", 1, 6, "')' to close the bracket", "write (3 (x a) (x b))"),
        ("(3 a (2 b))", 1, 6, "')' to close the bracket", "'('; a node has either a word or"),
        ("(3 (2 a) b)", 1, 10, "'(' or ')'", "the word 'b'; a node has either a word or"),
        ("(3 a\\\nb c)", 2, 3, "')' to close", "the word 'c'"),
    ],
)
def test_a_fault_is_found_where_it_is_and_says_what_was_expected(text, line, column, expected, found):
    error = fault(text)
    assert (error.line, error.column) == (line, column)
    assert expected in error.expected
    assert found in error.found
    assert str(error).startswith(f"line {line}, column {column}: expected {error.expected}, found")


def test_words_written_without_labels_are_told_what_was_read_as_a_label():
    found = fault("(the cat sat)").found
    assert "write (the (x cat) (x sat)), or, if 'the' is a word too, ((the) (cat) (sat))" in found
    assert found.endswith("since (the cat) is the word 'cat' labelled 'the'")
    assert Tree.parse("((the) (cat) (sat))").words() == ["the", "cat", "sat"]
    assert "((the) (cat) (…))" in fault("(the cat (sat))").found
    assert "write (cat), or (x cat) for a leaf with the label x" in fault("((the) cat)").found
    assert "word too" not in fault("(3 not bad)").found  # a number is meant as a label


def test_the_whole_message():
    assert str(fault("(3 (2 a) (1 b)", source="dev.txt")) == (
        "dev.txt, line 1, column 15: expected ')' to close the bracket opened at line 1, column 1, "
        "found the end of the text\n"
        "  (3 (2 a) (1 b)\n"
        "                ^"
    )


def test_the_caret_points_at_the_fault_in_a_long_line_that_is_cut():
    text = "(3 " + "(1 abc) " * 50 + "oops" + " (1 abc)" * 50 + ")"
    error = fault(text)
    line, caret = error.excerpt.split("\n")
    assert line[caret.index("^") :].startswith("oops")
    assert len(line) < 80
    assert line.startswith("  …")
    assert line.endswith("…")


@pytest.mark.parametrize("words", [10, 11, 12, 50])
def test_the_caret_points_at_the_fault_at_the_end_of_a_long_line_and_the_line_before_it_is_shown(words):
    text = "(3 " + "(1 abc) " * words + "oops"
    line, caret = fault(text).excerpt.split("\n")
    assert line[caret.index("^") :] == "oops"
    assert len(line) == min(len(text), 69) + 2 + (len(text) > 69)  # all of 70 but the place after the end
    assert line.startswith("  …" if len(text) > 69 else "  (3 (1")


def test_the_caret_points_at_the_fault_behind_tabs_wide_and_combining_letters():
    line, caret = fault("(3\t(2 語e\u0301) oops)").excerpt.split("\n")
    assert "\t" not in line
    assert line.index("oops") + 1 - 1 == caret.index("^")  # one letter is wide, one has no width


def test_an_error_can_travel_between_processes():
    error = fault("(3 a))", source="dev.txt")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.source, again.column) == ("dev.txt", 6)


@pytest.mark.parametrize("text", [None, 3, b"(3 a)", Path("dev.txt")])
def test_anything_but_text_is_a_type_error(text):
    with pytest.raises(TypeError, match="parsed from a str"):
        Tree.parse(text)


@settings(modest, max_examples=300)
@given(st.one_of(st.text(alphabet="()\\ \nab3", max_size=40), st.text()))
def test_any_text_gives_a_tree_or_a_treebank_error_inside_the_text(text):
    try:
        tree = Tree.parse(text)
    except TreebankError as caught:
        error = caught
    else:
        assert Tree.parse(str(tree)) == tree
        return
    assert str(error)
    assert 1 <= error.line <= text.count("\n") + 1
    assert 1 <= error.column <= len(text.split("\n")[error.line - 1]) + 1


def test_an_unclosed_bracket_may_be_deep():
    error = fault("(" * 10_000)
    assert error.column == 10_001


@pytest.mark.skipif("MINIGRAD_SST" not in os.environ, reason="MINIGRAD_SST names no folder")
def test_the_sentiment_treebank_is_read_and_written_back_byte_for_byte():
    path = Path(os.environ["MINIGRAD_SST"]) / "dev.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1000
    for line in lines:
        assert str(Tree.parse(line)) == line
