"""Sequences as left-branching chains: which row is which position, and what is read."""

from __future__ import annotations

import numpy as np
import pytest

from models.chains import as_chains, chain_forest, mirrored
from models.errors import ForestError
from models.forest import Forest
from models.tree import Tree
from models.vocabulary import Vocabulary

WORDS = Vocabulary(["a", "b", "c", "<start>"])


def test_inner_nodes_are_positions_in_the_order_of_the_words() -> None:
    chains = chain_forest([0, 1, 2, 1], [3, 0, 1], WORDS, labels=[-1, 1, 0, 1])
    trees = ["(0 (1 ((<start>) (a)) (b)) (c))", "(<start>)", "(1 (<start>) (b))"]
    assert [str(tree) for tree in chains] == [str(Tree.parse(tree)) for tree in trees]
    assert chains.word[chains.right[chains.inner]].tolist() == [0, 1, 2, 1]
    assert chains.label[chains.inner].tolist() == [-1, 1, 0, 1]
    assert chains.height[chains.inner].tolist() == [1, 2, 3, 1]


def test_without_labels_no_position_has_one() -> None:
    assert chain_forest([0, 1, 2], [2, 1], WORDS).label.tolist() == [-1] * 8


def test_sentences_of_trees_become_chains_with_the_label_of_the_root() -> None:
    forest = Forest([Tree.parse("(2 (0 a) (1 (0 b) (0 c)))"), Tree.parse("(1 b)")], WORDS)
    chains = as_chains(forest)
    assert [str(tree) for tree in chains] == [
        str(Tree.parse(tree)) for tree in ("(2 (((<start>) (a)) (b)) (c))", "(1 (<start>) (b))")
    ]
    assert chains.vocabulary is WORDS
    assert as_chains(forest, start=0).word[0] == 0


def test_mirrored_rows_are_those_of_the_chains_read_backwards() -> None:
    chains = chain_forest([0, 1, 2, 1], [3, 0, 1], WORDS)
    back = chain_forest([2, 1, 0, 1], [3, 0, 1], WORDS)
    rows = mirrored(chains)
    assert back.word[rows].tolist() == chains.word.tolist()
    assert rows[rows].tolist() == list(range(chains.n_nodes))
    assert ((chains.left < 0) == (chains.left[rows] < 0)).all()
    position = np.where(chains.left >= 0, chains.height, 0)
    n = position[chains.root][chains.tree]
    assert (position[rows] == np.where(position > 0, n + 1 - position, 0)).all()


@pytest.mark.parametrize(
    ("words", "lengths", "labels"),
    [([0, 1], [3], None), ([0, 1], [3, -1], None), ([0, 1], [2], [1])],
)
def test_lengths_that_do_not_fit_are_refused(words: object, lengths: object, labels: object) -> None:
    with pytest.raises(ForestError, match=r"2 words .* do not fit together"):
        chain_forest(words, lengths, WORDS, labels=labels)  # type: ignore[arg-type]


def test_no_sequence_at_all_is_refused() -> None:
    with pytest.raises(ForestError, match="at least one chain"):
        chain_forest([], [], WORDS)
