"""Folders and patterns of treebanks, and trees without traces and function tags."""

from __future__ import annotations

import gzip
import os

import pytest

from models.errors import TreebankError, TreebankWarning
from models.reader import read_trees
from models.strip import strip_functions, strip_traces
from models.tree import Tree

WSJ = (
    "( (S\n    (NP-SBJ-1 (NNP {}))\n    (VP (VBZ is)\n      (S (NP-SBJ (-NONE- *-1)) (VP=2 (VBN seen))))))\n"
)


@pytest.fixture
def wsj(tmp_path):
    for name in ("00/wsj_0002.mrg", "00/wsj_0001.MRG", "01/a.mrg.gz", "01/README", "01/notes.mrg.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        text = WSJ.format(path.name.split(".")[0]).encode()
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return tmp_path


def first_words(reader):
    return [tree.words()[0] for tree in reader]


def test_a_folder_stands_for_its_mrg_files_by_name_packed_or_not(wsj):
    reader = read_trees(wsj)
    assert first_words(reader) == ["wsj_0001", "wsj_0002", "a"]
    assert (reader.n_trees, reader.line, reader.source) == (3, 1, os.path.join(wsj, "01", "a.mrg.gz"))
    assert reader.where == f"{os.path.join(wsj, '01', 'a.mrg.gz')}, line 1"


def test_a_pattern_stands_for_the_files_that_it_matches(wsj):
    assert first_words(read_trees(f"{wsj}/*/wsj_000[12].*")) == ["wsj_0001", "wsj_0002"]
    assert first_words(read_trees(wsj / "**" / "*.gz")) == ["a"]
    odd = wsj / "a[1].txt"  # a file whose name looks like a pattern
    odd.write_text("(2 x)", encoding="utf-8")
    assert first_words(read_trees(odd)) == ["x"]


def test_no_such_files_are_refused_with_what_would_be_right(tmp_path):
    (tmp_path / "train.txt").write_text("(2 a)", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"a folder without \.mrg files; .*\*\.txt"):
        read_trees(tmp_path)
    with pytest.raises(FileNotFoundError, match="no file is named like that"):
        read_trees(tmp_path / "*.mrg")


def test_a_fault_names_its_file_and_line_and_the_other_files_are_read(wsj):
    (wsj / "00" / "wsj_0002.mrg").write_text("\n(S (A b)\n", encoding="utf-8")
    reader = read_trees(wsj, "collect")
    assert first_words(reader) == ["wsj_0001", "a"]
    assert reader.errors[0].source == os.path.join(wsj, "00", "wsj_0002.mrg")
    with pytest.raises(TreebankError, match=r"wsj_0002\.mrg, line 2"):
        list(read_trees(wsj))


def test_leaves_that_lost_a_label_are_counted_over_all_files(wsj):
    (wsj / "00" / "x.mrg").write_text("(S (A b) (HYPH))", encoding="utf-8")
    with pytest.warns(TreebankWarning, match=r"^the treebank: 1 leaf has .*\(HYPH\) in .*line 1 of .*x\.mrg"):
        list(read_trees(wsj))


def test_traces_and_function_tags_are_stripped_on_request(wsj):
    plain, bare = (next(read_trees(wsj, strip_traces=on, strip_functions=on)) for on in (False, True))
    assert "(NP-SBJ (-NONE- *-1))" in str(plain)
    assert str(bare) == "(S (NP (NNP wsj_0001)) (VP (VBZ is) (S (VP (VBN seen)))))"
    assert str(next(read_trees(wsj, strip_traces=True))).startswith("(S (NP-SBJ-1 (NNP")
    assert str(next(read_trees(wsj, strip_functions=True))).endswith(
        "(S (NP (-NONE- *-1)) (VP (VBN seen)))))"
    )


def test_a_tree_of_traces_alone_is_left_out_and_counted():
    reader = read_trees(["( (S (-NONE- *)) )", "(S (A b))"], strip_traces=True)
    assert [str(tree) for tree in reader] == ["(S (A b))"]
    assert reader.summary() == "1 tree; 1 of traces alone left out"


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("NP-SBJ-1", "NP"),
        ("NP=2", "NP"),
        ("ADVP|PRT-TMP", "ADVP|PRT"),
        ("PRP$", "PRP$"),
        ("-LRB-", "-LRB-"),
        ("-NONE-", "-NONE-"),
        ("=", "="),
        ("3", "3"),
        (None, None),
    ],
)
def test_a_label_is_cut_to_its_category(label, category):
    assert strip_functions(Tree(label, "w")).label == category


def test_nothing_is_left_of_traces():
    assert strip_traces(Tree.parse("(S (NP (-NONE- *)) (-NONE- 0))")) is None
    deep = Tree("-NONE-", "*")
    for _ in range(5000):
        deep = Tree("X", children=[deep, Tree("A", "b")])
    assert strip_traces(deep).n_nodes == 10_000
