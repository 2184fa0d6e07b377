"""No function changes what it is given, and what it returns shares no memory with it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import models
from models import Forest, Tree, Vocabulary
from models.layout import stack_heights
from models.shapes import split_at

WORDS, AB = Vocabulary(["a", "b", "c"]), Vocabulary(["a", "b"])
TREE = Tree.parse("(1 (2 a) (3 (4 b) (5 c)))")
WIDE = Tree.parse("(S (A a) (B (C b)) (D c) (A a))")
LEFT, RIGHT, WORD, LABEL, ROOT = (
    np.array(of) for of in ([-1, -1, 0, -1], [-1, -1, 1, -1], [0, 1, -1, 2], [3, 4, 5, 6], [2, 3])
)

CALLS: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "from_counts": (lambda counts: Vocabulary.from_counts(counts, "?", min_count=2), [Counter("aab")]),
    "vocabulary": (lambda words: Vocabulary(words, "?", min_count=2), [["a", "a", "b"]]),
    "chains": (lambda *of: models.chain_forest(of[0], of[1], WORDS, labels=of[2]),
               [np.array([0, 1, 2]), np.array([2, 1]), np.array([-1, 1, 0])]),
    "from_arrays": (lambda *of: Forest.from_arrays(*of, WORDS), [LEFT, RIGHT, WORD, LABEL, ROOT]),
    "random": (lambda lengths, words, labels: models.random_forest(
        np.random.default_rng(0), lengths, vocabulary=WORDS, words=words, labels=labels),
        [np.array([1, 3]), np.array([0, 1, 2, 0]), np.array([4, 5])]),
    "split_at": (split_at, [np.array([3, 1]), np.full(6, 0.5)]),
    "stack_heights": (stack_heights, [np.array([True, True, False, True]), np.array([2, 3])]),
    "forest": (lambda trees: Forest(trees, WORDS), [[TREE, TREE]]),
    "tree": (lambda children: Tree("1", children=children), [[TREE, TREE]]),
    "binarise": (models.binarise, [WIDE]),
    "right": (lambda tree: models.binarise(tree, "right"), [WIDE]),
    "debinarise": (models.debinarise, [models.binarise(WIDE)]),
    "collapse": (models.collapse_unary, [WIDE]),
    "expand": (models.expand_unary, [models.collapse_unary(WIDE)]),
    "as_chains": (models.as_chains, [Forest([TREE], WORDS)]),
    "select": (lambda forest, rows: forest.select(rows), [Forest([TREE, TREE], WORDS), np.array([1, 0])]),
    "lookup": (WORDS.lookup, [["a", "c"]]),
    "vectors": (lambda found: models.WordVectors(2, found).table(AB, np.random.default_rng(0)),
                [{"a": np.ones(2, np.float32), "b": np.zeros(2, np.float32)}]),
}  # fmt: skip


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, list | tuple):
        return [array for item in value for array in _arrays(item)]
    if isinstance(value, dict):
        return _arrays(list(value.values()))
    if isinstance(value, Forest):
        return [value.left, value.right, value.word, value.label, value.root]
    return []


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, Forest):
        return all(map(np.array_equal, _arrays(one), _arrays(other)))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_and_results_are_apart(name: str) -> None:
    call, arguments = CALLS[name]
    given = copy.deepcopy(arguments)
    first = call(*given)
    assert _same(given, arguments)
    for ours in _arrays(first):
        assert not any(np.shares_memory(ours, theirs) for theirs in _arrays(given))
    second = call(*given)  # the same again: nothing is kept that the first call has used up
    assert _same(_arrays(first), _arrays(second))
    for array in _arrays(given):
        if array.flags.writeable:
            array[...] = 0
    for item in given:
        if isinstance(item, list | dict):
            item.clear()
    assert _same(_arrays(first), _arrays(second))
    assert isinstance(first, np.ndarray | tuple) or str(first) == str(second)
