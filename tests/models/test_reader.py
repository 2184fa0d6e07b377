from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.blocks import LAYOUTS
from models.errors import DependencyError, TreebankError, TreebankWarning
from models.reader import ERRORS, read_trees
from models.tree import Tree
from tests.models.strategies import modest, trees
from tests.models.treebank_fuzz import check_read, fuzz

PENN = """\
( (S
    (NP-SBJ (NNP Mr.) (NNP Vinken) )
    (VP (VBZ is)
      (NP-PRD (-LRB- -LRB-) (NN chairman)
      )
    )
))

( (X (SYM *)) ) ( (X (SYM 1\\/2)) )
(TOP
  (X
    (Y z)
)
  (X y))
"""
CONLLU = """\
# sent_id = 1
# text = They (do) buy.
1\tThey\tthey\tPRON\tPRP\t_\t2\tnsubj\t2:nsubj\t_
2-3\tdo buy\t_\t_\t_\t_\t_\t_\t_\t_
"""


def texts(source: object, **options: object) -> list[str]:
    return [str(tree) for tree in read_trees(source, **options)]


def collected(source: object, **options: object) -> tuple[list[str], list[TreebankError]]:
    reader = read_trees(source, "collect", **options)
    return [str(tree) for tree in reader], reader.errors


def test_penn_trees_may_stretch_over_lines_share_one_and_have_an_empty_bracket_around():
    assert texts(io.StringIO(PENN)) == [
        "(S (NP-SBJ (NNP Mr.) (NNP Vinken)) (VP (VBZ is) (NP-PRD (-LRB- -LRB-) (NN chairman))))",
        "(X (SYM *))",
        "(X (SYM 1\\/2))",
        "(TOP (X (Y z)) (X y))",
    ]


def test_an_unlabelled_root_that_branches_or_has_a_word_is_kept():
    assert texts(["( (NP a) (VP b) )"]) == ["((NP a) (VP b))"]
    assert texts(["(a)", "( ( (a) ) )"]) == ["(a)", "((a))"]


@pytest.mark.parametrize("text", ["", "\n", " \n\r\n\t", "\ufeff"])
def test_an_empty_treebank_has_no_trees_and_no_faults(text):
    assert collected(io.StringIO(text)) == ([], [])
    assert collected(io.StringIO(text), layout="paragraphs") == ([], [])
    assert collected([]) == ([], [])


def test_a_missing_bracket_is_found_in_its_line_and_spoils_no_other_tree(tmp_path):
    path = tmp_path / "dev.txt"
    path.write_text("(3 a)\n(3 (2 b) (1 c)\n(2 d)\n", encoding="utf-8")
    with pytest.raises(TreebankError) as caught:
        list(read_trees(path))
    assert str(caught.value) == (
        f"{path}, line 2, column 15: expected ')' to close the bracket opened at line 2, column 1, "
        "found line 3, which begins another tree (layout='paragraphs' if it is part of this one)\n"
        "  (3 (2 b) (1 c)\n"
        "                ^"
    )
    trees, errors = collected(path)
    assert trees == ["(3 a)", "(2 d)"]
    assert [str(error) for error in errors] == [str(caught.value)]


@pytest.mark.parametrize(
    ("text", "good", "places"),
    [
        ("(3 a)\n(3 (2 b)) (1 c))\n(2 d)", ["(3 a)", "(2 d)"], [(2, 16)]),  # (3 (2 b)) is a torn tree
        ("(3 a) (2 b c d) (1 e)\n(2 d)", ["(2 d)"], [(1, 12)]),
        ("(S\n (A a)\n oops\n (B b))\n(2 d)", ["(2 d)"], [(3, 2)]),
        ("(S\n (A a)))\n (B b))\n(2 d)", ["(2 d)"], [(2, 8)]),
        ("(2 a)\noops\n(2 d)", ["(2 a)", "(2 d)"], [(2, 1)]),
        ("one\n two\n\n  (2 d)\n   three", [], [(1, 1), (2, 2), (5, 4)]),
        ("(2 a)\n\n\n)\n(2 d)\n(", ["(2 d)"], [(4, 1), (6, 2)]),
        (" (2 a)\n (2 b\n (2 c)\n(2 d)", ["(2 a)", "(2 c)", "(2 d)"], [(2, 6)]),
        ("(S\n  (A a\n\n\n(2 d)", ["(2 d)"], [(2, 7)]),
        ("(S a\\\\\n(2 d)", ["(2 d)"], [(1, 7)]),  # two backslashes escape no line break
    ],
)
def test_reading_goes_on_with_the_next_block(text, good, places):
    found, errors = collected(io.StringIO(text))
    assert found == good
    assert [(error.line, error.column) for error in errors] == places
    assert texts(io.StringIO(text), errors="skip") == good


def test_unindented_trees_are_refused_with_the_layout_that_reads_them():
    text = "(S\n(A a)\n(B b))\n(2 c)\n\n(S\n(A a)\n\n(2 d)\n"
    with pytest.raises(TreebankError, match="layout='paragraphs'"):
        texts(io.StringIO(text))
    found, errors = collected(io.StringIO(text), layout="paragraphs")
    assert found == ["(S (A a) (B b))", "(2 c)", "(2 d)"]
    assert [(error.line, error.column) for error in errors] == [(7, 6)]
    assert errors[0].found == "line 8, which is blank"


@pytest.mark.parametrize("layout", ["indented", "paragraphs"])
def test_an_escaped_line_break_ends_neither_word_nor_block(layout):
    trees = [Tree("3", "a\n(b"), Tree("3", "\n\n"), Tree("3", "\\"), Tree("3", "a\r\n")]
    text = "\n".join(map(str, trees))
    assert list(read_trees(io.StringIO(text, newline="\n"), layout=layout)) == trees


@settings(modest, max_examples=40)
@given(st.lists(trees(), max_size=5), st.sampled_from(["\n", "\r\n", "\n\n", " "]))
@pytest.mark.filterwarnings("ignore::models.TreebankWarning")
def test_what_is_written_is_read_back(bank, between):
    content = between.join(f"({tree})" for tree in bank).encode("utf-8", "surrogatepass")
    assert list(read_trees(io.BytesIO(content))) == bank


def test_reading_is_lazy_and_counts():
    seen = []

    def lines():
        for number in range(10):
            seen.append(number)
            yield f"(3 {number})"

    reader = read_trees(lines())
    assert not seen
    assert next(reader).word == "0"
    assert len(seen) <= 2
    assert reader.n_trees == 1
    reader = read_trees(["(3 a)", "(", "(3 b)", ")"], "skip")
    assert len(list(reader)) == 1
    assert (reader.n_trees, reader.n_bad, reader.errors) == (1, 2, [])
    assert repr(reader) == "<TreeReader: 1 tree; 2 faulty places, where the trees were left out>"


def test_after_an_error_a_reader_is_at_its_end():
    reader = read_trees(["(", "(3 a)"])
    with pytest.raises(TreebankError):
        next(reader)
    assert list(reader) == []


@pytest.mark.parametrize("errors", ["raise", "skip", "collect"])
@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_conllu_is_refused_with_an_explanation_whatever_happens_to_errors(errors, start):
    lines = CONLLU.split("\n")[start:-1]
    with pytest.raises(DependencyError, match=r"a line of CoNLL-U.*constituency parser") as caught:
        list(read_trees(lines, errors))
    assert caught.value.line == 1
    with pytest.raises(DependencyError):
        Tree.parse("\n".join(lines))


def test_what_only_resembles_conllu_is_read():
    assert texts(["(1\t(# text))"]) == ["(1 (# text))"]


@pytest.mark.parametrize(
    "text", ["# a comment", "1 word of a line", "1\ta\tb", "(S (A a)\n1" + "\t_" * 9, "(2 # text = a)"]
)
def test_other_text_is_not_taken_for_conllu(text):
    with pytest.raises(TreebankError) as caught:
        texts([text], layout="paragraphs")
    assert type(caught.value) is TreebankError


def test_a_deep_and_a_wide_tree_are_read():
    depth = 10_000
    lines = [" " * (k > 0) + "(X (y z)" for k in range(depth)]
    deep = next(read_trees([*lines, " (w v)" + ")" * depth]))
    assert deep.height == depth
    wide = next(read_trees(["(X", *[" (y z)"] * depth, ")"]))
    assert len(wide.children) == depth


@pytest.mark.parametrize(
    ("source", "options", "error", "says"),
    [
        ("(3 a)", {}, ValueError, r"read_trees\(\[text\]\)"),
        (b"(3 a)", {}, TypeError, "BytesIO"),
        (Tree("3", "a"), {}, TypeError, "not Tree"),
        (7, {}, TypeError, "not int"),
        ([], {"errors": "ignore"}, ValueError, "errors is one of raise, skip, collect, not 'ignore'"),
        ([], {"layout": "lines"}, ValueError, "layout is one of indented, paragraphs"),
        ([], {"encoding": "utf-9"}, ValueError, "no text encoding 'utf-9'"),
        ([], {"encoding": "rot13"}, ValueError, "no text encoding"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(source, options, error, says):
    with pytest.raises(error, match=says):
        read_trees(source, **options)


def test_lines_that_are_no_text_and_files_that_are_not_there_are_told():
    with pytest.raises(TypeError, match="are str, not bytes"):
        list(read_trees([b"(3 a)"]))
    with pytest.raises(FileNotFoundError):
        list(read_trees(Path("no such file")))


def recognised(text: str) -> bool:
    """Whether `text` is one tree, by rewriting it from the leaves up until nothing changes."""
    blank, word = r"[ \t\n\r\f\v]*", "w"
    text = re.sub(r"\\[()\\ \t\n\r\f\v]", "w", text)
    text = re.sub(r"[^() \t\n\r\f\v]+", "w", text)
    before = None
    while before != text:
        before = text
        text = re.sub(rf"\({blank}({word}{blank})?{word}{blank}\)", "T", text)
        text = re.sub(rf"\({blank}({word}{blank})?(T{blank})+\)", "T", text)
    return re.fullmatch(rf"{blank}T{blank}", text) is not None


@settings(modest, max_examples=200)
@given(st.text(alphabet="(()) \\\na", max_size=24) | trees().map(str))
def test_a_text_is_a_tree_just_when_a_simpler_recogniser_says_so(text):
    try:
        Tree.parse(text)
    except TreebankError:
        assert not recognised(text)
    else:
        assert recognised(text)


@modest
@given(st.text() | st.binary(), st.sampled_from(ERRORS), st.sampled_from(list(LAYOUTS)))
def test_any_text_or_bytes_give_trees_or_a_treebank_error(content, errors, layout):
    assert check_read(content, errors, layout)


@pytest.mark.filterwarnings("ignore::models.TreebankWarning")
def test_random_text_gives_trees_or_a_treebank_error_and_nothing_else():
    outcomes = fuzz(2_000, seed=0)
    assert min(outcomes["parse: a tree"], outcomes["collect: read"], outcomes["raise: raised"]) > 60


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::models.TreebankWarning")
def test_much_random_text_gives_trees_or_a_treebank_error_and_nothing_else():
    fuzz(int(os.environ.get("MINIGRAD_FUZZ", "100000")), seed=1)


@pytest.mark.skipif("MINIGRAD_SST" not in os.environ, reason="MINIGRAD_SST names no folder")
@pytest.mark.parametrize(("name", "size"), [("train", 8544), ("dev", 1101), ("test", 2210)])
def test_the_sentiment_treebank_is_read_whole_and_written_back_byte_for_byte(name, size):
    path = Path(os.environ["MINIGRAD_SST"]) / f"{name}.txt"
    bank = list(read_trees(path))
    assert len(bank) == size
    assert "".join(f"{tree}\n" for tree in bank).encode() == path.read_bytes()
    assert models.Forest(bank).n_nodes == sum(tree.n_nodes for tree in bank)


@pytest.mark.parametrize("layout", ["indented", "paragraphs"])
def test_the_line_in_which_a_tree_begins_is_known(layout):
    text = "\n(1 a) (2 b)\n\n(S\n  (x c)\n  (x d)) (1\n e)\n\n\n ( (S (x f)) )\n"
    reader = read_trees([text], layout=layout)
    assert reader.line == 0
    assert [(tree.words(), reader.line) for tree in reader] == [
        (["a"], 2), (["b"], 2), (["c", "d"], 4), (["e"], 6), (["f"], 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "label"),
    [
        ("(1 (1 a) (HYPH ))", 1, 16, "HYPH"),
        ("(1 (1 a)\n  (NN\t) (1 b))", 2, 7, "NN"),
        ("(1 (1 a) (2\n))", 2, 1, "2"),
        ("(5 )", 1, 4, "5"),
    ],
)
def test_a_label_that_has_lost_its_word_is_no_word(text, line, column, label):
    for read in (lambda: list(read_trees([text], layout="paragraphs")), lambda: Tree.parse(text)):
        with pytest.raises(
            TreebankError, match=f"found '\\)' behind the label '{label}' and a blank"
        ) as caught:
            read()
        assert (caught.value.line, caught.value.column) == (line, column)
    assert list(read_trees([text, "", "(1 x)"], "skip", layout="paragraphs")) == [Tree("1", "x")]
    assert Tree.parse("(a\\ )").word == "a "  # an escaped blank is part of the word


def test_labels_without_words_are_counted_and_told_once():
    bank = ["(1 (1 a) (1 b))", "(1 (HYPH) (1 c))", "(2)", "(1 (1 d"]
    reader = read_trees(bank, "skip")
    with pytest.warns(
        TreebankWarning, match=r"2 leaves have no label, as \(HYPH\) in .* line 2, but 3 have one"
    ) as told:
        assert len(list(reader)) == 3
    assert len(told) == 1
    assert len(list(read_trees(["(6 (12) (607))", "(3)"]))) == 2  # where no word has a label, nothing is told


SPACES = {
    "\xa0": "U+00A0, NO-BREAK SPACE",
    "\u3000": "U+3000, IDEOGRAPHIC SPACE",
    "\u2009": "U+2009, THIN SPACE",
    "\u2028": "U+2028, LINE SEPARATOR",
    "\x85": "U+0085, NEXT LINE",
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(
    ("text", "column"),
    [("(3 (2 a) (1~b))", 11), ("(3 (2~ a) (1 b))", 5), ("(NP~(2 a) (1 b))", 2), ("(~3 (2 a))", 2)],
)
def test_a_space_that_is_no_blank_is_named_where_a_blank_should_be(space, text, column):
    text = text.replace("~", space)
    for read in (lambda: list(read_trees([text])), lambda: Tree.parse(text)):
        with pytest.raises(TreebankError, match=re.escape(f"which contains {SPACES[space]}")) as caught:
            read()
        assert (caught.value.line, caught.value.column) == (1, column)


def test_a_space_that_is_no_blank_may_be_part_of_a_labelled_word_or_escaped():
    tree = Tree.parse("(2 2\xa01\\/2)")
    assert (tree.label, tree.word) == ("2", "2\xa01\\/2")
    assert str(tree) == "(2 2\xa01\\/2)"
    assert Tree.parse("(1\\\xa0000)") == Tree(None, "1\xa0000")
    for tree in (Tree("N\xa0P", "a\u3000b"), Tree(None, "a\\\u2009"), Tree("\\\xa0", "\\\x85")):
        assert next(read_trees([str(tree)])) == tree


def test_lines_of_comment_are_passed_over_on_request():
    bank = "# one\n(1 a)\n(S\n  # inside\n  (x b)\n  (# c))\n  # two (\n(1 (2 d)\n"
    reader = read_trees([bank], "collect", comments="#")
    assert [(str(tree), reader.line) for tree in reader] == [("(1 a)", 2), ("(S (x b) (# c))", 3)]
    assert [error.line for error in reader.errors] == [8]
    with pytest.raises(
        TreebankError, match=r"the word '#'.*\(comments='#' passes over lines that begin with #\)"
    ):
        list(read_trees([bank]))
    for mark in ("", " ", "(", 1):
        with pytest.raises(ValueError, match="comments is what a line of comment begins with"):
            read_trees([bank], comments=mark)
