"""Binary trees as flat arrays, over which the networks run."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from models.class_names import Names, label_text, numbered_names
from models.display import Displayed
from models.errors import ForestError
from models.forest_checks import (
    check_arrays,
    check_vocabulary,
    chosen,
    integers,
    label_number,
    node_name,
    not_binary,
    placed,
    span_text,
    word_numbers,
)
from models.layout import FIELDS, LABEL, LEFT, RIGHT, WORD, IntArray, complete, select
from models.tree import Tree
from models.vocabulary import Vocabulary


class Forest(Displayed):
    """Binary trees, one after another, with a row per node.

    The rows of a tree are in post-order: children come before their parent, the root is the tree's
    last row. All arrays are intp; -1 means that there is none. They are shared by everything computed
    from the forest: do not write into them. (They are not marked read-only, because Numba compiles
    every kernel once more for read-only arrays, and calls with them are slower.)

    Parameters
    ----------
    trees : iterable of Tree
        At least one; every inner node has two children, every label is a number (see `label`) or
        None.
    vocabulary : Vocabulary, optional
        Maps words to numbers; by default a new one, of the words of these trees in order of
        appearance.
    classes : sequence of str, optional
        The names of the classes, if labels are names: the first is label 0, and so on.

    Attributes
    ----------
    left, right, parent : (n_nodes,) arrays
        Rows of the children and the parent.
    word : (n_nodes,) array
        The number of a leaf's word in `vocabulary`.
    label : (n_nodes,) array
        The label as a number >= 0.
    depth, height : (n_nodes,) arrays
        Steps from the root, and steps to the deepest leaf below.
    root : (n_trees,) array
        The row of each tree's root, ascending.
    vocabulary : Vocabulary
    names : tuple of str or None
        The classes' names.

    Raises
    ------
    ForestError
        If there is no tree, or a node is not binary, or a label is not a number; it names the node, and
        the place of its tree if `trees` come from `read_trees`.
    VocabularyError
        If a word is not in `vocabulary`, and that has no `unknown`.

    Examples
    --------
    >>> forest = Forest([Tree.parse("(3 (2 not) (1 bad))")])
    >>> forest.left, forest.right, forest.label
    (array([-1, -1,  0]), array([-1, -1,  1]), array([2, 1, 3]))
    >>> forest.describe(2)  # counted from 1
    "node 3 of tree 1, 'not bad'"
    """

    left: IntArray
    right: IntArray
    parent: IntArray
    word: IntArray
    label: IntArray
    depth: IntArray
    height: IntArray
    root: IntArray
    vocabulary: Vocabulary
    names: Names

    def __init__(
        self,
        trees: Iterable[Tree],
        vocabulary: Vocabulary | None = None,
        classes: Iterable[str] | None = None,
    ) -> None:
        if isinstance(trees, Tree | str):
            raise TypeError("a Forest is made of a list of Trees: Forest([tree])")
        if vocabulary is not None:
            check_vocabulary(vocabulary)
        names, numbers = numbered_names(classes)
        left: list[int] = []
        right: list[int] = []
        label: list[int] = []
        words: list[str] = []
        root: list[int] = []
        for number, tree in enumerate(trees):
            if not isinstance(tree, Tree):
                raise TypeError(f"tree {number + 1} is not a Tree but {type(tree).__name__}")
            waiting: list[int] = []  # rows of subtrees that have no parent yet
            start = len(left)
            for node in tree.postorder():
                row = len(left)
                if node.word is not None:
                    left.append(-1)
                    right.append(-1)
                    words.append(node.word)
                elif len(node.children) == 2:
                    right.append(waiting.pop())
                    left.append(waiting.pop())
                else:
                    raise placed(trees, not_binary(node, row - start, number))
                try:
                    label.append(label_number(node, row - start, number, numbers))
                except ForestError as error:
                    raise placed(trees, error) from None
                waiting.append(row)
            root.append(len(left) - 1)
        if not root:
            raise ForestError("an empty forest: it needs at least one tree")
        table = np.full((len(FIELDS), len(left)), -1, np.intp)
        table[LEFT], table[RIGHT], table[LABEL] = left, right, label
        vocabulary = Vocabulary(words) if vocabulary is None else vocabulary
        leaves = np.flatnonzero(table[LEFT] < 0)
        table[WORD, leaves] = word_numbers(words, vocabulary, leaves, root)
        complete(table)
        self._adopt(table, np.array(root, np.intp), vocabulary, names)

    @classmethod
    def from_arrays(
        cls,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        word: npt.ArrayLike,
        label: npt.ArrayLike | None,
        root: npt.ArrayLike,
        vocabulary: Vocabulary,
    ) -> Forest:
        """A forest from its arrays (copied); parent, depth and height are computed.

        Parameters
        ----------
        left, right, word, label : (n_nodes,) integer arrays
            As in the class; `label` None if there are none.
        root : (n_trees,) integer array
        vocabulary : Vocabulary

        Raises
        ------
        ForestError
            If the rows are not in post-order, a node has no parent or several, or a word or label
            is impossible; it names the first such row.
        TypeError
            If an array does not hold integers.
        """
        check_vocabulary(vocabulary)
        left = integers("left", left)
        right = integers("right", right)
        word = integers("word", word)
        label = np.full(left.size, -1) if label is None else integers("label", label)
        root = integers("root", root)
        check_arrays(left, right, word, label, root, vocabulary)
        table = np.empty((len(FIELDS), left.size), np.intp)
        table[LEFT], table[RIGHT] = left, right
        table[WORD], table[LABEL] = word, label
        complete(table)
        return cls.__new__(cls)._adopt(table, root.copy(), vocabulary)

    def _adopt(self, table: IntArray, root: IntArray, vocabulary: Vocabulary, names: Names = None) -> Forest:
        vars(self).update(zip(FIELDS, table, strict=True))
        self._table = table
        self.root = root
        self.vocabulary = vocabulary
        self.names = names
        return self

    def __len__(self) -> int:
        return self.root.size

    @property
    def n_nodes(self) -> int:
        """The number of nodes of all trees."""
        return self.left.size

    @cached_property
    def leaves(self) -> IntArray:
        """The rows of the leaves, ascending, which is left to right in each tree."""
        return np.flatnonzero(self.left < 0)

    @property
    def tokens(self) -> IntArray:
        """The rows that have a word, the leaves."""
        return self.leaves

    @cached_property
    def inner(self) -> IntArray:
        """The rows of the inner nodes, ascending, so children come before their parents."""
        return np.flatnonzero(self.left >= 0)

    @cached_property
    def tree(self) -> IntArray:
        """The number of the tree that each row belongs to."""
        sizes = self.root + 1
        sizes[1:] -= sizes[:-1].copy()
        return np.repeat(self._numbers, sizes)

    @cached_property
    def _numbers(self) -> IntArray:
        return np.arange(len(self))

    def select(self, indices: Any) -> Forest:
        """A forest of some of these trees, copied, in the order of `indices`.

        Parameters
        ----------
        indices : slice, sequence or array of int, or mask
            Anything that indexes an array with one entry per tree; a tree may occur several times.

        Raises
        ------
        ForestError
            If it selects no tree.
        IndexError
            If there is no such tree.
        """
        trees = chosen(self._numbers, indices)
        table, root = select(self._table, self.root, trees)
        return Forest.__new__(Forest)._adopt(table, root, self.vocabulary, self.names)

    def to_tree(self, number: int) -> Tree:
        """One of the trees as a `Tree`; labels become text again."""
        number = self._numbers[operator.index(number)]
        start = self.root[number - 1] + 1 if number else 0
        waiting: list[Tree] = []
        rows = self._table[:, start : self.root[number] + 1]
        for left, word, label in rows[[LEFT, WORD, LABEL]].T.tolist():
            name = label_text(label, self.names)
            if left < 0:
                waiting.append(Tree(name, self.vocabulary.word(word)))
            else:
                waiting[-2:] = [Tree(name, children=waiting[-2:])]
        return waiting[0]

    @overload
    def __getitem__(self, index: int) -> Tree: ...
    @overload
    def __getitem__(self, index: slice | list[int] | npt.NDArray[Any]) -> Forest: ...
    def __getitem__(self, index: Any) -> Tree | Forest:
        """A `Tree` for one number, a `Forest` for anything else: see `to_tree` and `select`."""
        if isinstance(index, int | np.integer):
            return self.to_tree(int(index))
        return self.select(index)

    def __iter__(self) -> Iterator[Tree]:
        return map(self.to_tree, range(len(self)))

    def span(self, row: int) -> str:
        """The words below a row, cut with … after the first six."""
        return span_text(self._words(self._row(row)))

    def describe(self, row: int) -> str:
        """The name of a row in messages and pictures, counted from 1: ``node 17 of tree 3, 'not bad'``."""
        row = self._row(row)
        tree = int(np.searchsorted(self.root, row))
        start = self.root[tree - 1] + 1 if tree else 0
        return node_name(row - int(start), tree, self._words(row))

    def _words(self, row: int) -> Iterator[str]:
        first = row
        while self.left[first] >= 0:
            first = self.left[first]
        words = self.word[first : row + 1]
        return (self.vocabulary.words[i] for i in words[words >= 0])

    def _row(self, row: int) -> int:
        row = operator.index(row)
        if not 0 <= row < self.n_nodes:
            raise IndexError(f"no node has row {row}: they go from 0 to {self.n_nodes - 1}")
        return row

    def __repr__(self) -> str:
        return f"<Forest of {len(self)} trees, {self.n_nodes} nodes, {self.vocabulary!r}>"
