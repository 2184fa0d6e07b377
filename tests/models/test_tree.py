from __future__ import annotations

import copy
import pickle
import sys

import pytest
from hypothesis import given

from models.tree import Tree
from tests.models.strategies import modest, trees

DEPTH = 3_000


def chain(depth: int) -> Tree:
    tree = Tree("2", "w")
    for _ in range(depth):
        tree = Tree("3", children=(tree, Tree("1", "v")))
    return tree


def test_leaf_and_inner_node_know_what_they_are():
    leaf = Tree("2", "not")
    tree = Tree("3", children=[leaf, Tree("1", "bad")])
    assert leaf.is_leaf
    assert not tree.is_leaf
    assert (leaf.label, leaf.word, leaf.children) == ("2", "not", ())
    assert (tree.label, tree.word) == ("3", None)
    assert tree.children == (leaf, Tree("1", "bad"))


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("3",), ValueError, "neither a word nor children"),
        (("3", "a", [Tree("2", "b")]), ValueError, "both a word and children"),
        (("", "a"), ValueError, "not empty"),
        (("3", ""), ValueError, "not empty"),
        ((3, "a"), TypeError, "label .* not int"),
        (("3", [Tree("2", "b")]), TypeError, "children="),
        (("3", None, Tree("2", "b")), TypeError, "in a list"),
        (("3", None, ["a"]), TypeError, "are Trees, not str"),
    ],
)
def test_a_wrong_node_is_refused_with_a_reason(arguments, error, says):
    with pytest.raises(error, match=says):
        Tree(*arguments)


def test_walks_go_left_to_right_and_children_come_before_or_after_their_parent():
    tree = Tree.parse("(S (NP (D the) (N cat)) (VP (V sat)))")
    assert [node.label for node in tree.preorder()] == ["S", "NP", "D", "N", "VP", "V"]
    assert [node.label for node in tree.postorder()] == ["D", "N", "NP", "V", "VP", "S"]
    assert tree.words() == ["the", "cat", "sat"]
    assert [leaf.label for leaf in tree.leaves()] == ["D", "N", "V"]
    assert (tree.n_nodes, tree.height) == (6, 2)
    assert Tree(None, "a").height == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(3 a)", "(2 a)"),
        ("(3 a)", "(3 b)"),
        ("(3 a)", "(a)"),
        ("(3 (2 a))", "(3 a)"),
        ("((a) (b) (c))", "(((a) (b)) (c))"),
        ("((a) ((b) (c)))", "(((a) (b)) (c))"),
        ("(S (T (1 a) (1 b)) (1 c))", "(S (T (1 a)) (1 b) (1 c))"),  # the same nodes in the same order
    ],
)
def test_different_trees_are_not_equal(one, other):
    assert Tree.parse(one) != Tree.parse(other)
    assert hash(Tree.parse(one)) != hash(Tree.parse(other))


def test_map_replaces_labels_and_words_and_nothing_else():
    tree = Tree.parse("(S (NP Not) ((bad)))")
    assert str(tree.map(word=str.lower)) == "(S (NP not) ((bad)))"
    assert str(tree.map(label=lambda label: label and label + "!")) == "(S! (NP! Not) ((bad)))"
    assert tree.map() == tree
    assert str(tree) == "(S (NP Not) ((bad)))"
    with pytest.raises(ValueError, match="not empty"):
        tree.map(word=lambda word: "")


def test_what_is_computed_from_the_leaves_up_sees_children_in_order():
    tree = Tree.parse("(S (NP (D the) (N cat)) (V sat))")
    assert tree.bottom_up(lambda node, below: (node.label, *below)) == (
        "S",
        ("NP", ("D",), ("N",)),
        ("V",),
    )


def test_a_tree_is_not_equal_to_its_text():
    assert Tree("3", "a") != "(3 a)"


def test_equal_trees_have_equal_hashes_and_meet_in_a_set():
    texts = ["(3 (2 a) (1 b))", "(3 (2 a)\n(1 b))", "(3 (1 b) (2 a))"]
    assert len({Tree.parse(text) for text in texts}) == 2


def test_a_tree_cannot_be_changed():
    tree = Tree("3", "a")
    with pytest.raises(AttributeError, match="cannot be changed"):
        tree.label = "2"
    with pytest.raises(AttributeError, match="cannot be changed"):
        tree.colour = "red"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del tree.word


@modest
@given(trees())
def test_text_survives_the_round_trip_whatever_the_words(tree):
    again = Tree.parse(str(tree))
    assert again == tree
    assert hash(again) == hash(tree)
    assert str(again) == str(tree)


@modest
@given(trees())
def test_walks_agree_with_each_other(tree):
    preorder, postorder = list(tree.preorder()), list(tree.postorder())
    assert sorted(map(id, preorder)) == sorted(map(id, postorder))
    assert postorder[-1] is tree
    assert [n.word for n in postorder if n.is_leaf] == tree.words()
    assert len(preorder) == tree.n_nodes


def test_repr_is_short_and_for_small_trees_evaluates_to_the_tree():
    tree = Tree.parse("(3 (2 it's) (1 b\\)d))")
    assert eval(repr(tree), {"Tree": Tree}) == tree
    assert len(repr(chain(100))) < 100
    assert "101 words" in repr(chain(100))


def test_deep_trees_do_not_meet_the_recursion_limit():
    assert sys.getrecursionlimit() < DEPTH
    tree, twin = chain(DEPTH), chain(DEPTH)
    assert tree == twin
    assert hash(tree) == hash(twin)
    assert tree.height == DEPTH
    assert len(tree.words()) == len(tree.leaves()) == DEPTH + 1
    assert len(repr(tree)) < 100
    assert Tree.parse(str(tree)) == tree
    assert pickle.loads(pickle.dumps(tree)) == copy.deepcopy(tree) == tree
    del tree, twin  # deallocation is nested too


def test_a_chain_of_unary_nodes_may_be_deep():
    text = "(" * DEPTH + "(2 a)" + ")" * DEPTH
    assert str(Tree.parse(text)) == text
