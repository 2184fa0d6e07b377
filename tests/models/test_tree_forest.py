"""Dependency trees as flat arrays, beside the same by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models import DependencyTree, ForestError, TreeForest, Vocabulary, VocabularyError, read_conllu

ONE = DependencyTree(["the", "cat", "often", "sleeps"], [1, 3, 3, -1], None, [None, "0", None, "2"])
TWO = DependencyTree(["no", "go"], [-1, 0])


def test_rows_are_in_postorder_and_children_stand_one_after_another():
    forest = TreeForest([ONE, TWO])
    assert forest.parent.tolist() == [1, 3, 3, -1, 5, -1]
    assert forest.child.tolist() == [0, 1, 2, 4]
    assert forest.offset.tolist() == [0, 0, 1, 1, 3, 3, 4]
    assert forest.height.tolist() == [0, 1, 0, 2, 0, 1]
    assert forest.depth.tolist() == [2, 1, 1, 0, 1, 0]
    assert forest.position.tolist() == [0, 1, 2, 3, 1, 0]
    assert forest.label.tolist() == [-1, 0, -1, 2, -1, -1]
    assert [forest.vocabulary.word(k) for k in forest.word] == ["the", "cat", "often", "sleeps", "go", "no"]
    assert (forest.root.tolist(), forest.tree.tolist()) == ([3, 5], [0, 0, 0, 0, 1, 1])
    assert (forest.leaves.tolist(), forest.tokens.tolist()) == ([0, 2, 4], [0, 1, 2, 3, 4, 5])
    assert (len(forest), forest.n_nodes) == (2, 6)


def test_trees_come_back_and_are_selected_in_any_order():
    forest = TreeForest([ONE, TWO, ONE])
    assert list(forest) == [ONE, TWO, ONE]
    assert forest[-1] == ONE
    for wanted in ([1, 0], [2, 2, 1], slice(1, None), np.array([True, False, True])):
        expected = np.arange(3)[wanted].tolist()
        some, fresh = forest[wanted], TreeForest([forest[k] for k in expected], forest.vocabulary)
        for name in ("parent", "child", "offset", "word", "label", "depth", "height", "position", "root"):
            assert getattr(some, name).tolist() == getattr(fresh, name).tolist(), name
    with pytest.raises(ForestError, match="the selection has no tree"):
        forest.select([])
    with pytest.raises(IndexError):
        forest[3]


def test_a_word_is_described_with_all_that_depends_on_it_in_the_order_of_the_sentence():
    forest = TreeForest([TWO, DependencyTree(["down", "go", "we"], [1, -1, 1])])
    assert forest.describe(4) == "node 3 of tree 2, 'down go we'"
    assert forest.describe(0) == "node 1 of tree 1, 'go'"
    with pytest.raises(IndexError):
        forest.describe(5)


def test_what_it_cannot_hold_is_refused_with_its_place(tmp_path):
    with pytest.raises(ForestError, match="an empty forest"):
        TreeForest([])
    with pytest.raises(TypeError, match=r"TreeForest\(\[tree\]\)"):
        TreeForest(ONE)
    with pytest.raises(TypeError, match="tree 2 is not a DependencyTree but str"):
        TreeForest([ONE, "a"])
    with pytest.raises(ForestError, match="node 2 of tree 2, 'a', has the label 'x'"):
        TreeForest([TWO, DependencyTree(["a", "b"], [-1, 0], None, ["x", None])])
    with pytest.raises(VocabularyError, match=r"^node 2 of tree 2: the word 'b' is not among"):
        TreeForest([DependencyTree(["a"], [-1]), DependencyTree(["b", "a"], [-1, 0])], Vocabulary(["a"]))
    path = tmp_path / "a.conllu"
    path.write_text("# label = ok\n1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n", encoding="utf-8")
    with pytest.raises(ForestError, match=r"a\.conllu, line 1: node 1 of tree 1, 'a', has the label 'ok'"):
        TreeForest(read_conllu(path))
    assert TreeForest(read_conllu(path), classes=("bad", "ok")).label.tolist() == [1]


@pytest.mark.parametrize(
    ("parent", "root", "told"),
    [
        ([1, -1], [0], "the last one is 1"),
        ([1, -1], [], "root holds"),
        ([-1, -1], [1], "row 0: parent = -1, but it is a later row of its tree"),
        ([0, -1], [1], "row 0: parent = 0"),
        ([1, 2, -1, 2, -1], [2, 4], "row 3: parent = 2"),
        ([2, 3, 3, -1], [3], "row 0: parent = 2, but rows are in post-order"),
    ],
)
def test_arrays_in_another_order_are_refused_by_row(parent, root, told):
    words = Vocabulary(["a"])
    with pytest.raises(ForestError, match=told):
        TreeForest.from_arrays(parent, [0] * len(parent), None, root, words)


def test_arrays_of_other_lengths_and_words_are_refused():
    words = Vocabulary(["a"])
    with pytest.raises(ForestError, match="word has the shape"):
        TreeForest.from_arrays([1, -1], [0], None, [1], words)
    with pytest.raises(ForestError, match="row 1: word = 1, but it is 0 to 0"):
        TreeForest.from_arrays([1, -1], [0, 1], None, [1], words)
    forest = TreeForest.from_arrays([1, -1], [0, 0], None, [1], words)
    assert forest.position.tolist() == [0, 1]
