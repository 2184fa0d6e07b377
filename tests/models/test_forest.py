from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import layout
from models.errors import ForestError, VocabularyError
from models.forest import Forest
from models.reader import read_trees
from models.tree import Tree
from models.vocabulary import Vocabulary
from tests.models.strategies import binary_trees, modest

ARRAYS = ("left", "right", "parent", "word", "label", "depth", "height", "root")

forests = st.lists(binary_trees(), min_size=1, max_size=5)


def forest(*texts: str) -> Forest:
    return Forest([Tree.parse(text) for text in texts])


def same(one: Forest, other: Forest) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


def test_rows_are_in_post_order_and_trees_follow_one_another():
    f = forest("(3 (2 not) (1 bad))", "(4 ((1 bad) (luck)) (0 not))")
    assert f.left.tolist() == [-1, -1, 0, -1, -1, 3, -1, 5]
    assert f.right.tolist() == [-1, -1, 1, -1, -1, 4, -1, 6]
    assert f.parent.tolist() == [2, 2, -1, 5, 5, 7, 7, -1]
    assert f.word.tolist() == [0, 1, -1, 1, 2, -1, 0, -1]
    assert f.label.tolist() == [2, 1, 3, 1, -1, -1, 0, 4]
    assert f.depth.tolist() == [1, 1, 0, 2, 2, 1, 1, 0]
    assert f.height.tolist() == [0, 0, 1, 0, 0, 1, 0, 2]
    assert f.root.tolist() == [2, 7]
    assert f.leaves.tolist() == [0, 1, 3, 4, 6]
    assert f.inner.tolist() == [2, 5, 7]
    assert f.tree.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert f.vocabulary == Vocabulary(["not", "bad", "luck"])
    assert (len(f), f.n_nodes) == (2, 8)
    assert all(getattr(f, name).dtype == np.intp for name in ARRAYS)
    assert all(getattr(f, name).flags.c_contiguous for name in ARRAYS)


def test_a_tree_of_one_leaf_is_a_root():
    f = forest("(2 good)")
    assert (f.left.tolist(), f.parent.tolist(), f.root.tolist()) == ([-1], [-1], [0])
    assert f.inner.size == 0


@modest
@given(forests)
def test_trees_survive_the_round_trip(trees):
    assert list(Forest(trees)) == trees


@modest
@given(forests)
def test_depth_height_and_parent_agree_with_the_definition(trees):
    f = Forest(trees)
    for row in range(f.n_nodes):
        parent = f.parent[row]
        assert (parent < 0) == (row in f.root)
        assert f.depth[row] == (0 if parent < 0 else f.depth[parent] + 1)
        if f.left[row] < 0:
            assert f.height[row] == 0
        else:
            children = [f.left[row], f.right[row]]
            assert all(f.parent[child] == row for child in children)
            assert f.height[row] == 1 + f.height[children].max()
    assert [f.height[root] for root in f.root] == [tree.height for tree in trees]


@modest
@given(forests, st.data())
def test_a_selection_equals_the_forest_of_these_trees(trees, data):
    f = Forest(trees)
    indices = data.draw(st.lists(st.integers(0, len(trees) - 1), min_size=1, max_size=6))
    assert same(f.select(indices), Forest([trees[i] for i in indices], f.vocabulary))


def test_trees_are_selected_as_numpy_would():
    trees = [Tree.parse(f"({i} (w{i}) (v))") for i in range(4)]
    f = Forest(trees)
    for indices in (slice(1, None, 2), [3, -1, 0], np.array([True, False, False, True]), np.int32([2])):
        expected = np.arange(4)[indices]
        assert list(f[indices]) == [trees[i] for i in expected]
        assert f[indices].vocabulary is f.vocabulary
    assert f[-1] == trees[3] == f[np.int64(3)]
    with pytest.raises(IndexError):
        f[4]
    with pytest.raises(IndexError):
        f[[0, 4]]
    with pytest.raises(IndexError):
        f[[0.5]]
    with pytest.raises(IndexError, match="shape"):
        f[np.array([[0, 1]])]
    with pytest.raises(ForestError, match="no tree in it"):
        f[[]]


def test_a_selection_does_not_share_memory():
    f = forest("(3 (2 not) (1 bad))")
    f[[0]].label[:] = 7
    assert f.label.tolist() == [2, 1, 3]


def test_kernels_equal_their_twins():
    rng = np.random.default_rng(5)
    f = Forest([random_tree(rng, n) for n in (1, 2, 9, 30, 4)])
    trees = np.array([4, 0, 2, 2])
    for ours, twins in zip(
        layout.select(f._table, f.root, trees),
        layout.select.twin(f._table, f.root, trees),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, twins)
    blank = np.full_like(f._table, -7)
    blank[[layout.LEFT, layout.RIGHT]] = f.left, f.right
    fast, slow = blank.copy(), blank.copy()
    layout.complete(fast)
    layout.complete.twin(slow)
    np.testing.assert_array_equal(fast, slow)


def slow_first_fault(left, right, root):
    """By an explicit stack of finished subtrees."""
    start = 0
    for end in root:
        subtrees: list[int] = []
        for k in range(start, end + 1):
            if left[k] != -1 or right[k] != -1:
                children = subtrees[-2:] if len(subtrees) >= 2 else [-1, -1]
                if [left[k], right[k]] != children or children[0] < 0:
                    return k, children[0], children[1]
                del subtrees[-2:]
            subtrees.append(k)
        if len(subtrees) != 1:
            return int(end), -2, len(subtrees)
        start = end + 1
    return -1, -1, -1


def test_the_first_fault_is_that_of_a_stack():
    rng = np.random.default_rng(6)
    f = Forest([random_tree(rng, n) for n in (5, 1, 8)])
    found = set()
    for _ in range(1000):
        left, right, root = f.left.copy(), f.right.copy(), f.root.copy()
        for _ in range(rng.integers(1, 4)):
            kind, k = rng.random(), rng.integers(f.n_nodes)
            if kind < 0.3:
                left[k] = right[k] = -1
            else:
                (left if kind < 0.6 else right)[k] = rng.integers(-2, f.n_nodes)
        root[0] += rng.integers(-2, 1)
        fault = layout.first_fault(left, right, root)
        assert fault == slow_first_fault(left, right, root)
        found.add(fault)
    assert len(found) > 30
    assert {kind < 0 for _, kind, _ in found} == {True, False}
    assert any(kind == -2 for _, kind, _ in found)
    assert layout.first_fault(f.left, f.right, f.root) == (-1, -1, -1)


def random_tree(rng: np.random.Generator, n: int) -> Tree:
    parts = [Tree(str(rng.integers(5)), f"w{rng.integers(9)}") for _ in range(n)]
    while len(parts) > 1:
        i = rng.integers(len(parts) - 1)
        parts[i : i + 2] = [Tree(None, children=parts[i : i + 2])]
    return parts[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("(3 (2 (1 a)) (1 b))", "node 2 of tree 2, 'a', has 1 child; .*collapse_unary"),
        ("(3 (2 a) (1 b) (0 c))", "node 4 of tree 2, 'a b c', has 3 children; .*binarise"),
        ("(" + "(a) " * 9 + ")", "'a a a a a a …', has 9 children"),
        ("(NP (2 a) (1 b))", "node 3 of tree 2, 'a b', has the label 'NP'. .*whole numbers"),
        (
            "(2 (the cat) (1 b))",
            r"\(the cat\) is the word 'cat' labelled 'the', two words are \(\(the\) \(cat\)\)",
        ),
        ("(S+NP (2 a) (1 b))", "has the label 'S\\+NP'. .*tree.map"),
        ("(-1 a)", "label '-1'"),
        ("(1.0 a)", "label '1.0'"),
        ("(² a)", "label '²'"),
        (f"({10**30} a)", "label '1000"),
    ],
)
def test_a_tree_it_cannot_hold_is_refused_by_name(text, says):
    with pytest.raises(ForestError, match=says):
        forest("(2 good)", text)


def test_a_tree_that_is_read_is_refused_with_its_line(tmp_path):
    path = tmp_path / "bank.txt"
    path.write_text("(2 good)\n\n(3 (2 a) (1 b) (0 c))\n", encoding="utf-8")
    with pytest.raises(ForestError) as caught:
        Forest(read_trees(path))
    assert str(caught.value).startswith(f"{path}, line 3: node 4 of tree 2, 'a b c', has 3 children; ")
    with pytest.raises(ForestError, match=r"^line 2: node 2 of tree 2, 'c', has the label 'x'"):
        Forest(read_trees(["(2 a)\n(1 (1 b) (x c))"]))


def test_no_trees_are_refused():
    with pytest.raises(ForestError, match="an empty forest"):
        Forest([])


def test_a_single_tree_or_text_is_not_a_list_of_trees():
    with pytest.raises(TypeError, match=r"Forest\(\[tree\]\)"):
        Forest(Tree("2", "a"))
    with pytest.raises(TypeError, match="tree 1 is not a Tree but str"):
        Forest(["(2 a)"])
    with pytest.raises(TypeError, match="a Vocabulary, not list"):
        Forest([Tree("2", "a")], ["a"])


def test_words_get_the_numbers_of_the_vocabulary_given():
    trees = [Tree.parse("((b) (z))")]
    with pytest.raises(VocabularyError, match=r"^node 2 of tree 1: the word 'z' is not among"):
        Forest(trees, Vocabulary(["a", "b"]))
    with pytest.raises(VocabularyError, match=r"^node 4 of tree 2: the word 'c' is not among"):
        Forest([Tree.parse("((a) (b))"), Tree.parse("(((a) (b)) ((c) (z)))")], Vocabulary(["a", "b"]))
    f = Forest(trees, Vocabulary(["a", "b"], unknown="?"))
    assert f.word.tolist() == [1, 2, -1]
    assert str(f[0]) == "((b) (?))"


def test_a_node_is_described_by_its_place_in_its_tree_counted_from_1_and_words():
    f = forest("(2 good)", "(3 (2 not) (1 bad))")
    assert f.describe(3) == "node 3 of tree 2, 'not bad'"
    assert f.describe(0) == "node 1 of tree 1, 'good'"
    long = forest("(((((((a) (b)) (c)) (d)) (e)) (f)) (g))")
    assert long.span(long.root[0]) == "a b c d e f …"
    assert long.span(long.root[0] - 2) == "a b c d e f"
    for row in (-1, f.n_nodes):
        with pytest.raises(IndexError, match="from 0 to 3"):
            f.describe(row)


def arrays(f: Forest) -> dict[str, np.ndarray]:
    return {name: getattr(f, name).copy() for name in ("left", "right", "word", "label", "root")}


@modest
@given(forests)
def test_from_arrays_accepts_what_a_forest_has(trees):
    f = Forest(trees)
    again = Forest.from_arrays(**arrays(f), vocabulary=f.vocabulary)
    assert same(again, f)


@pytest.mark.parametrize(
    ("name", "row", "value", "says"),
    [
        ("left", 2, 1, "row 2: left = 1, right = 1, but .* left = 0, right = 1"),
        ("right", 2, -1, "row 2: left = 0, right = -1"),
        ("left", 0, 1, "row 0: left = 1, right = -1, .*a leaf"),
        ("left", 5, 2, "row 5: left = 2, .* left = 3, right = 4"),
        ("word", 0, 3, "row 0: word = 3, .*0 to 2 at a leaf"),
        ("word", 0, -1, "row 0: word = -1, .*0 to 2 at a leaf"),
        ("word", 2, 0, "row 2: word = 0, .*-1 at an inner node"),
        ("label", 1, -2, "row 1: label = -2"),
        ("label", 6, -2, "row 6: label = -2"),  # rows 4 and 5 have none
        ("root", 1, 6, "the last one is 7"),
        ("root", 0, 7, "ascending"),
        ("root", 0, -1, "ascending"),
        ("root", 0, 1, r"root\[0\] = 1, where 2 trees end that nothing connects"),
        ("root", 0, 3, r"root\[0\] = 3, where 2 trees end"),
    ],
)
def test_from_arrays_names_the_first_wrong_row(name, row, value, says):
    f = forest("(3 (2 not) (1 bad))", "(4 ((1 bad) (luck)) (0 not))")
    given = arrays(f)
    given[name][row] = value
    with pytest.raises(ForestError, match=says):
        Forest.from_arrays(**given, vocabulary=f.vocabulary)


def test_from_arrays_checks_types_and_sizes():
    f = forest("(3 (2 not) (1 bad))")
    for name, value, error, says in (
        ("word", f.word[:-1], ForestError, "word has 2 rows, left has 3"),
        ("word", f.word * 1.0, TypeError, "word is an array of integers, not of float64"),
        ("left", f.left[None], ForestError, "left has one dimension"),
        ("root", f.root[:0], ForestError, "an empty forest"),
    ):
        with pytest.raises(error, match=says):
            Forest.from_arrays(**{**arrays(f), name: value}, vocabulary=f.vocabulary)
    with pytest.raises(TypeError, match="a Vocabulary, not tuple"):
        Forest.from_arrays(**arrays(f), vocabulary=f.vocabulary.words)


def test_from_arrays_needs_no_labels_and_keeps_no_hold_on_what_it_was_given():
    f = forest("(3 (2 not) (1 bad))")
    given = {**arrays(f), "label": None}
    again = Forest.from_arrays(**given, vocabulary=f.vocabulary)
    assert again.label.tolist() == [-1] * 3
    given["label"] = f.label.copy()
    again = Forest.from_arrays(**given, vocabulary=f.vocabulary)
    for array in given.values():
        array[:] = 9
    assert same(again, f)
    assert str(again[0]) == "(3 (2 not) (1 bad))"


@pytest.mark.parametrize("left_branching", [True, False])
def test_deep_trees_do_not_meet_the_recursion_limit(left_branching):
    depth = 3_000
    tree = Tree("1", "a")
    for _ in range(depth):
        pair = (tree, Tree("0", "b"))
        tree = Tree("1", children=pair if left_branching else pair[::-1])
    f = Forest([tree])
    assert f.height[f.root[0]] == f.depth.max() == depth
    assert f[0] == tree
    assert same(f[[0]], f)
    expected = "a b b b b b …" if left_branching else "b b b b b b …"
    assert f.span(f.root[0]) == expected
