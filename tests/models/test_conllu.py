"""CoNLL-U: what is read, what is passed over and told, and what is refused with its place."""

from __future__ import annotations

import copy
import gzip
import io
import pickle

import pytest

from models import DependencyTree, TreebankError, TreebankWarning, read_conllu, read_trees


def row(number, form, head, relation="dep", misc="_"):
    return f"{number}\t{form}\t_\t_\t_\t_\t{head}\t{relation}\t_\t{misc}"


# "Let us (not) go": a multiword token, an empty node, a label, and a second sentence with two roots.
TEXT = "\n".join(
    [
        "# sent_id = 1",
        "# label = 3",
        "1-2\tLet's" + "\t_" * 8,
        row(1, "Let", 0, "root"),
        row(2, "us", 4, "nsubj", "SpaceAfter=No|label=2"),
        "2.1\tnot" + "\t_" * 8,
        row(3, "10 000", 4, "_"),
        row(4, "go", 1, "xcomp"),
        "",
        "# a comment alone",
        "",
        row(1, "Yes", 0, "root"),
        row(2, "no", 0, "root"),
        row(3, "!", 2, "punct"),
        "",
    ]
)
FIRST = DependencyTree(
    ["Let", "us", "10 000", "go"], [-1, 3, 3, 0], ["root", "nsubj", None, "xcomp"], ["3", "2", None, None]
)
SECOND = DependencyTree(["Yes", "no", "!"], [-1, 0, 1], ["root", "root", "punct"])
TOLD = (
    "1 multiword token passed over, whose words follow; 1 empty node passed over; "
    "1 sentence with several roots, of which the later ones hang from the first"
)


def test_sentences_are_read_and_what_is_passed_over_is_told(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_text(TEXT, encoding="utf-8")
    reader = read_conllu(path)
    assert [next(reader), next(reader)] == [FIRST, SECOND]
    assert (reader.line, reader.where) == (12, f"{path}, line 12")
    with pytest.warns(TreebankWarning) as told:
        assert list(reader) == []
    assert [str(warning.message) for warning in told] == [f"{path}: {TOLD}"]
    assert told[0].filename == __file__
    assert reader.summary() == f"2 sentences; {TOLD}"


@pytest.mark.filterwarnings("ignore::models.TreebankWarning")
def test_files_may_be_packed_streams_several_or_with_another_end_of_line(tmp_path):
    for k, text in enumerate([TEXT, TEXT.replace("\n", "\r\n")]):
        (tmp_path / f"{k}.conllu.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.encode()))
    reader = read_conllu(tmp_path / "*.gz")
    assert list(reader) == [FIRST, SECOND, FIRST, SECOND]
    assert reader.source == str(tmp_path / "1.conllu.gz")
    (tmp_path / "a.mrg").write_text("(2 a)", encoding="utf-8")
    assert list(read_conllu(tmp_path)) == [FIRST, SECOND, FIRST, SECOND]
    assert (
        list(read_conllu(io.StringIO(TEXT)))
        == list(read_conllu(io.BytesIO(TEXT.encode())))
        == [FIRST, SECOND]
    )
    assert list(read_conllu([TEXT.replace("label", "sentiment")], label="sentiment")) == [FIRST, SECOND]
    assert next(read_conllu([TEXT], label="other")).label is None


GOOD = f"{row(1, 'a', 2)}\n{row(2, 'b', 0)}\n"


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        (
            "1 a _ _ _ _ 0 root _ _",
            (1, 1),
            "ten columns.*found 1 column: there are blanks where tabs should be",
        ),
        ("1\ta\t0", (1, 1), "found 3 columns"),
        ("(3 (2 not) (1 bad))", (1, 1), "trees in brackets are read by read_trees"),
        (row(2, "a", 0), (1, 1), "the ID 1, a range such as 1-2, .* found '2'"),
        (row(1, "a", 0) + "\n" + row(1, "b", 1), (2, 1), "the ID 2, .* found '1'"),
        (row("1a", "a", 0), (1, 1), "found '1a'"),
        (row(1, " ", 0), (1, 3), "a word, in the column FORM, found nothing"),
        (row(1, "a", "_"), (1, 13), "in the column HEAD, found '_'; the sentence has not been parsed"),
        (row(1, "a", 2), (1, 13), "from 1 to 1, or 0 at the root, in the column HEAD, found '2'"),
        (row(1, "a", -1), (1, 13), "found '-1'"),
        (row(1, "a", "²"), (1, 13), "found '²'"),
        (row(1, "a", 1), (1, 13), "a head that leads to a root.*found a circle of heads"),
        (row(1, "a", 0) + "\n" + row(2, "b", 3) + "\n" + row(3, "c", 2), (2, 13), "circle"),
        (row(1, "a", 2) + "\n" + row(2, "b", 1), (1, 13), "circle"),
        ("1-2\tdu" + "\t_" * 8 + "\n" + row(1, "de", 0), (1, 1), "the sentence has 1, found '1-2'"),
        (row(1, "de", 0) + "\n2-1\tdu" + "\t_" * 8, (2, 1), "a range of words, .* found '2-1'"),
    ],
)
def test_a_fault_has_a_place_and_costs_its_sentence_alone(text, place, told):
    whole = f"{GOOD}\n{text}\n\n{GOOD}"
    with pytest.raises(TreebankError, match=f"^line {place[0] + 3}, column {place[1]}: expected .*{told}"):
        list(read_conllu([whole]))
    reader = read_conllu([whole], "collect")
    assert len(list(reader)) == 2
    assert (reader.n_bad, len(reader.errors)) == (1, 1)
    assert reader.summary() == "2 sentences; 1 faulty one left out"
    skipping = read_conllu([whole], "skip")
    assert (len(list(skipping)), skipping.n_bad, skipping.errors) == (2, 1, [])


def test_bytes_of_another_encoding_are_named():
    text = GOOD.replace("a\t", "é\t").encode("latin-1")
    with pytest.raises(TreebankError, match=r"line 1, column 3: .*0xe9; .* name it with encoding="):
        list(read_conllu(io.BytesIO(text)))
    [sentence] = read_conllu(io.BytesIO(text), encoding="latin-1")
    assert sentence.words() == ["é", "b"]


@pytest.mark.filterwarnings("ignore::models.TreebankWarning")
def test_all_later_roots_hang_from_the_first():
    [sentence] = read_conllu(["\n".join(row(k, "w", head) for k, head in enumerate([2, 0, 0, 3, 0], 1))])
    assert sentence.heads == (1, -1, 1, 2, 1)


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", "\ufeff"])
def test_no_sentences_are_no_fault(text):
    assert list(read_conllu(io.StringIO(text))) == []


def test_wrong_arguments_are_refused_with_what_would_be_right(tmp_path):
    with pytest.raises(ValueError, match=r"read_conllu\(\[text\]\)"):
        read_conllu(GOOD)
    with pytest.raises(TypeError, match=r"read_conllu\(io.BytesIO"):
        read_conllu(GOOD.encode())
    with pytest.raises(ValueError, match="one of raise, skip, collect"):
        read_conllu([GOOD], "ignore")
    with pytest.raises(ValueError, match="no text encoding 'utf-9'"):
        read_conllu([GOOD], encoding="utf-9")
    with pytest.raises(ValueError, match="label is the name of labels"):
        read_conllu([GOOD], label="a=b")


def test_read_trees_names_the_reader_of_dependencies_and_other_formats():
    for text, told in [
        (GOOD, "models.read_conllu reads dependencies"),
        ("1\ta\t_\tX\t0\troot", "a row of a table, as in CoNLL's formats"),
        ("1 a X 0 root", "a row of a table, as in CoNLL's formats"),
        ("#BOS 1", "NEGRA's export format"),
        ("a\tb\tc\td\t500", "NEGRA's export format"),
        ("#1:1.[0] S(a:b)", "the Sinica Treebank"),
    ]:
        with pytest.raises(TreebankError, match=told):
            list(read_trees([text]))
    with pytest.raises(TreebankError, match=r"found the word '1'; words stand inside"):
        list(read_trees(["1 (2 a)"]))


@pytest.mark.parametrize(
    ("words", "heads", "told"),
    [
        ([], [], "at least one word"),
        (["a", "b"], [-1], "2 words, but 1 heads"),
        (["a", ""], [-1, 0], "word 2 is empty"),
        (["a", "b"], [-1, 2], "word 2, 'b', has the head 2; counted from 0"),
        (["a", "b"], [-1, -2], "has the head -2"),
        (["a", "b"], [-1, -1], "word 1, 'a', and word 2, 'b', are both a root"),
        (["a", "b", "c"], [-1, 2, 1], "word 2, 'b', depends on itself"),
        (["a"], [0], "depends on itself"),
    ],
)
def test_words_and_heads_that_are_no_tree_are_refused(words, heads, told):
    with pytest.raises(ValueError, match=told):
        DependencyTree(words, heads)


def test_words_and_heads_of_other_types_are_refused():
    for words, heads, told in [
        ("ab", [-1, 0], "not one str 'ab'"),
        (["a", 3], [-1, 0], "word 2 is a str, not int"),
        (["a"], ["-1"], "the head of word 1, 'a' is an int, not str"),
        (["a"], [True], "is an int, not bool"),
    ]:
        with pytest.raises(TypeError, match=told):
            DependencyTree(words, heads)
    with pytest.raises(AttributeError, match="cannot be changed"):
        FIRST.heads = ()


def test_a_sentence_is_a_value():
    assert {FIRST, copy.deepcopy(FIRST), pickle.loads(pickle.dumps(FIRST))} == {FIRST}
    assert FIRST != SECOND
    assert FIRST.map(lambda label: None, str.upper).words() == ["LET", "US", "10 000", "GO"]
    assert FIRST.with_label("x").labels == ("x", None, None, None)
    assert repr(SECOND) == "<DependencyTree of 3 words: 'Yes no !'>"


def test_words_come_after_those_that_depend_on_them_from_left_to_right():
    sentence = DependencyTree(list("abcde"), [1, 3, 1, -1, 3])
    assert sentence.postorder() == [0, 2, 1, 4, 3]
    assert sentence.children() == [[], [0, 2], [], [1, 4], []]
    assert sentence.top.words() == list("dbace")
    assert [node.word for node in sentence.top.children] == ["b", "e"]
    long = DependencyTree(["w"] * 100_000, [*range(1, 100_000), -1])
    assert long.postorder()[:2] == [0, 1]
