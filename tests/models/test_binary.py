"""Binarisation and the collapse of unary nodes: what they make, and that they can be undone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.binary import binarise, debinarise
from models.errors import ForestError
from models.forest import Forest
from models.reader import read_trees
from models.tree import Tree
from models.unary import collapse_unary, expand_unary
from tests.models import strategies
from tests.models.strategies import modest

HOW = ("left", "right", "balanced")
N = 2_000
marked = st.text(alphabet="@+\\a", min_size=1, max_size=4)
n_ary = strategies.trees(st.none() | marked | strategies.labels, arity=(1, 7))


@pytest.mark.parametrize(
    ("how", "made"),
    [
        ("left", "(X (@X (@X (@X (1 a) (2 b)) (3 c)) (4 d)) (5 e))"),
        ("right", "(X (1 a) (@X (2 b) (@X (3 c) (@X (4 d) (5 e)))))"),
        ("balanced", "(X (@X (@X (1 a) (2 b)) (3 c)) (@X (4 d) (5 e)))"),
    ],
)
def test_five_children_are_nested(how, made):
    assert str(binarise(Tree.parse("(X (1 a) (2 b) (3 c) (4 d) (5 e))"), how)) == made
    bare = made.replace("@X", "@").replace("(X ", "(")
    assert str(binarise(Tree.parse("((1 a) (2 b) (3 c) (4 d) (5 e))"), how)) == bare


def test_unary_chains_become_one_node():
    tree = Tree.parse("(S (VP (V go) (NP (N home))))")
    assert str(collapse_unary(tree)) == "(S+VP (V go) (NP+N home))"
    assert str(collapse_unary(Tree.parse("(((A (b))))"))) == "(++A+ b)"
    assert str(collapse_unary(Tree.parse("(A (b))"))) == "(A+ b)"
    assert str(collapse_unary(Tree.parse("((b))"))) == "(+ b)"


@modest
@given(n_ary, st.sampled_from(HOW))
def test_binarisation_is_undone_exactly_and_leaves_no_more_than_two_children(tree, how):
    binary = binarise(tree, how)
    assert all(len(node.children) <= 2 for node in binary.preorder())
    assert binary.words() == tree.words()
    assert debinarise(binary) == tree
    assert debinarise(Tree.parse(str(binary))) == tree


@modest
@given(n_ary)
def test_the_collapse_is_undone_exactly_and_leaves_no_single_child(tree):
    collapsed = collapse_unary(tree)
    assert all(len(node.children) != 1 for node in collapsed.preorder())
    assert expand_unary(collapsed) == tree
    assert expand_unary(Tree.parse(str(collapsed))) == tree


@modest
@given(n_ary, st.sampled_from(HOW))
def test_both_together_make_a_binary_tree_and_are_undone_in_either_order(tree, how):
    binary = binarise(collapse_unary(tree), how)
    assert all(len(node.children) in (0, 2) for node in binary.preorder())
    assert expand_unary(debinarise(binary)) == tree
    assert debinarise(expand_unary(collapse_unary(binarise(tree, how)))) == tree


@modest
@given(n_ary)
def test_nodes_go_up_to_the_parent_when_all_is_undone_twice(tree):
    assert debinarise(debinarise(binarise(binarise(tree, "left"), "right"))) == tree
    assert expand_unary(expand_unary(collapse_unary(collapse_unary(tree)))) == tree


@pytest.mark.parametrize("how", HOW)
def test_a_wide_a_deep_and_a_unary_tree_are_not_too_large(how):
    assert sys.getrecursionlimit() < N
    wide = Tree("X", children=[Tree(None, str(k)) for k in range(N)])
    binary = binarise(wide, how)
    assert binary.height == (11 if how == "balanced" else N - 1)  # 11 = ceil(log2(2,000))
    assert debinarise(binary) == wide
    deep = Tree("2", "w")
    chain = Tree("2", "w")
    for _ in range(N):
        deep = Tree(None, children=[Tree("1", "a"), deep, Tree("1", "b")])
        chain = Tree("3", children=[chain])
    assert debinarise(binarise(deep, how)) == deep
    collapsed = collapse_unary(chain)
    assert collapsed.is_leaf
    assert expand_unary(collapsed) == chain


@pytest.mark.parametrize(
    "text", ["(@ (a) (b))", "(X (@X a) (b))", "(X (@X (a) (b) (c)) (d))", "(X (@X (a)) (d))"]
)
def test_a_mark_where_binarise_makes_none_is_told(text):
    with pytest.raises(ValueError, match="binarise has not made this tree"):
        debinarise(Tree.parse(text))


def test_undoing_in_the_wrong_order_is_told():
    binary = binarise(collapse_unary(Tree.parse("(S (VP (a) (b) (c)))")))
    with pytest.raises(ValueError, match="debinarise comes before expand_unary"):
        debinarise(expand_unary(binary))


@pytest.mark.parametrize("label", ["a\\", "a\\b", "\\\\\\"])
def test_a_label_that_the_collapse_never_makes_is_told(label):
    with pytest.raises(ValueError, match="collapse_unary has not made the label"):
        expand_unary(Tree(label, "a"))


def test_an_unknown_branching_is_refused():
    with pytest.raises(ValueError, match="left, right, balanced, not 'middle'"):
        binarise(Tree("3", "a"), "middle")


def test_a_forest_takes_the_label_of_the_phrase_and_none_for_inserted_pairs():
    tree = Tree.parse("(4 (3 (2 a)) (1 b) ((0 c)))")
    forest = Forest([binarise(collapse_unary(tree))])
    #                             a  b  @4  c  root
    assert forest.label.tolist() == [3, 1, -1, 0, 4]


@pytest.mark.parametrize(
    ("label", "number"), [("+1", 1), ("++4+NP", 4), ("+NP", -1), ("++NP+3", -1), ("2+x", 2)]
)
def test_a_number_below_nodes_without_a_label_is_not_lost(label, number):
    assert Forest([Tree(label, "a")]).label.tolist() == [number]


@pytest.mark.parametrize("label", ["+", "++", "-1", "1.0", "0.25", "?", "２", "٣", "x+1", "1 "])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(ForestError, match=r"node 1 of tree 1, 'a', has the label"):
        Forest([Tree(label, "a")])


@pytest.mark.skipif("MINIGRAD_SST" not in os.environ, reason="MINIGRAD_SST names no folder")
def test_the_sentiment_treebank_is_binary_already():
    for tree in read_trees(Path(os.environ["MINIGRAD_SST"]) / "dev.txt"):
        assert binarise(collapse_unary(tree)) == tree
