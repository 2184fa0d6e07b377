"""The checks of a `Forest`'s input, and the names of nodes in its messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from models.binary import is_inserted
from models.class_names import some_names
from models.errors import ForestError, VocabularyError
from models.layout import IntArray, first_fault
from models.notation import shorten
from models.tree import Tree
from models.vocabulary import Vocabulary

SPAN_WORDS = 6
_LABEL_DIGITS = len(str(np.iinfo(np.intp).max)) - 1  # so many always fit


def span_text(words: Iterable[str], most: int = SPAN_WORDS) -> str:
    """The first words of a span, with … for the others."""
    first = list(islice(words, most + 1))
    return " ".join([*first[:most], "…"] if len(first) > most else first)


def node_name(row: int, tree: int, words: Iterable[str]) -> str:
    """The name of a node in messages and pictures, for example ``node 17 of tree 3, 'not bad'``.

    Both are counted from 1 there, nodes in post-order within their tree; `row` and `tree` count from 0.
    """
    return f"node {row + 1} of tree {tree + 1}, {span_text(words)!r}"


def placed(source: object, error: ForestError) -> ForestError:
    """The error with the place of the tree that was read last, if `source` reads a treebank."""
    where = getattr(source, "where", None)
    return error if where is None else ForestError(f"{where}: {error}")


def not_binary(node: Tree, row: int, tree: int) -> ForestError:
    """The error for a node with one child, or with more than two."""
    n = len(node.children)
    advice = (
        "models.collapse_unary(tree) folds it into its child"
        if n == 1
        else "models.binarise(tree) nests them in pairs, as ((x a) (x b) (x c)) becomes (((x a) (x b)) (x c))"
    )
    return ForestError(
        f"{node_name(row, tree, node.words())}, has {n} {'child' if n == 1 else 'children'}; "
        f"a Forest holds binary trees: {advice}"
    )


def one_word(leaf: Tree) -> str:
    """Say that a leaf with a label is one word, for users who mean two words."""
    label, word = shorten(leaf.label or ""), shorten(leaf.word or "")
    return f"({label} {word}) is the word '{word}' labelled '{label}', two words are (({label}) ({word}))"


def topmost(label: str) -> str:
    """Return the first of the labels that `collapse_unary` has put into one; "" if all are missing."""
    return label.lstrip("+").partition("+")[0]


def label_number(node: Tree, row: int, tree: int, names: Mapping[str, int] | None = None) -> int:
    """The label of a node as a number, -1 if it has none or `binarise` inserted it.

    With `names` it is the name of a class, and they give its number.

    Of the labels that `collapse_unary` has put into one, the topmost counts, that of the phrase; if the
    topmost node has none, the first number below it.
    """
    label = node.label
    if label is None or is_inserted(label):
        return -1
    if names is not None and label in names:
        return names[label]
    label = topmost(label)
    if names is not None and label:
        if label in names:
            return names[label]
        raise ForestError(
            f"{node_name(row, tree, node.words())}, has the label '{shorten(label)}', but the classes are "
            f"{some_names(list(names))}; tree.map(label=…) changes labels, None is none"
        )
    if label.isascii() and label.isdigit() and len(label) <= _LABEL_DIGITS:
        return int(label)
    if label and (node.label or "").startswith("+"):
        return -1  # the topmost node had none
    label, leaf = shorten(node.label or ""), ""
    if node.word is not None:
        leaf = f"; {one_word(node)}"
    raise ForestError(
        f"{node_name(row, tree, node.words())}, has the label '{label}'{leaf}. The labels of a Forest are "
        "whole numbers >= 0 (class numbers), or None; with classes=[…] they are names of classes: "
        "tree.map(label=…) changes them, and tree.map(label=lambda label: None) removes them"
    )


def word_numbers(
    words: Sequence[str], vocabulary: Vocabulary, rows: npt.ArrayLike, root: npt.ArrayLike
) -> IntArray:
    """The numbers of the words in these rows.

    Raises
    ------
    VocabularyError
        If one has none: the text names its node, in the forest whose trees end at `root`.
    """
    try:
        return vocabulary.lookup(words)
    except VocabularyError as error:
        at = next(k for k, word in enumerate(words) if word not in vocabulary)
        row, ends = int(np.asarray(rows)[at]), np.asarray(root)
        tree = int(np.searchsorted(ends, row))
        start = int(ends[tree - 1]) + 1 if tree else 0
        raise VocabularyError(f"node {row - start + 1} of tree {tree + 1}: {error}") from None


def check_vocabulary(vocabulary: object) -> None:
    """Refuse anything but a `Vocabulary`."""
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(f"vocabulary is a Vocabulary, not {type(vocabulary).__name__}; wrap the words")


def integers(name: str, array: npt.ArrayLike) -> IntArray:
    """`array` as intp, if it is one-dimensional and of integers."""
    given = np.asarray(array)
    if given.dtype.kind not in "iu":
        raise TypeError(f"{name} is an array of integers, not of {given.dtype}")
    if given.ndim != 1:
        raise ForestError(f"{name} has one dimension, not shape {given.shape}")
    return np.ascontiguousarray(given, dtype=np.intp)


def check_arrays(
    left: IntArray,
    right: IntArray,
    word: IntArray,
    label: IntArray,
    root: IntArray,
    vocabulary: Vocabulary,
) -> None:
    """Refuse arrays that break the layout of `Forest`, naming the first row that does."""
    n = left.size
    for name, array in {"right": right, "word": word, "label": label}.items():
        if array.size != n:
            raise ForestError(f"{name} has {array.size} rows, left has {n}; one row per node")
    if not root.size:
        raise ForestError("an empty forest: it needs at least one tree")
    if root[-1] != n - 1 or root[0] < 0 or np.any(np.diff(root) <= 0):
        raise ForestError(f"root holds the last row of each tree, ascending; the last one is {n - 1}")
    _check_order(left, right, root)
    leaf = left < 0
    wrong = np.flatnonzero(np.where(leaf, (word < 0) | (word >= len(vocabulary)), word != -1))
    if wrong.size:
        row = int(wrong[0])
        right_word = f"0 to {len(vocabulary) - 1} at a leaf" if leaf[row] else "-1 at an inner node"
        raise ForestError(f"row {row}: word = {word[row]}, but it is {right_word}")
    if np.any(label < -1):
        row = int(np.argmax(label < -1))
        raise ForestError(f"row {row}: label = {label[row]}, but it is >= 0, or -1 for none")


def _check_order(left: IntArray, right: IntArray, root: IntArray) -> None:
    row, expected_left, expected_right = first_fault(left, right, root)
    if row < 0:
        return
    if expected_left == -2:
        tree = int(np.searchsorted(root, row))
        raise ForestError(
            f"root[{tree}] = {row}, where {expected_right} trees end that nothing connects; "
            "every row but the root has exactly one parent"
        )
    expected = (
        f"left = {expected_left}, right = {expected_right}"
        if expected_left >= 0
        else "left = right = -1, a leaf, as fewer than two subtrees of its tree come before it"
    )
    raise ForestError(
        f"row {row}: left = {left[row]}, right = {right[row]}, but rows are in post-order, "
        f"so it must have {expected}"
    )


def chosen(numbers: IntArray, indices: Any) -> IntArray:
    """Some of the numbers of trees, (S,), S >= 1; the errors are those of `Forest.select`."""
    trees = np.ascontiguousarray(numbers[indices])  # ascontiguousarray makes 0-d 1-d
    if trees.ndim != 1:
        raise IndexError(f"trees are selected by a list of numbers, got shape {trees.shape}")
    if not trees.size:
        raise ForestError("an empty forest: the selection has no tree in it")
    return trees
