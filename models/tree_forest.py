"""Dependency trees as flat arrays: a word at every node, and any number of children."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from models.class_names import Names, label_text, numbered_names
from models.dependencies import DependencyTree
from models.display import Displayed
from models.errors import ForestError
from models.forest_checks import (
    check_vocabulary,
    chosen,
    label_number,
    node_name,
    placed,
    span_text,
    word_numbers,
)
from models.layout import IntArray
from models.tree import Tree
from models.tree_layout import check_postorder, levels_of
from models.vocabulary import Vocabulary


class TreeForest(Displayed):
    """Trees with a word at every node, one after another, with a row per node.

    The rows of a tree are in post-order: children come before their parent, from left to right, and the root
    is the tree's last row. All arrays are intp and shared by everything computed from the forest: do not
    write into them.

    Parameters
    ----------
    trees : iterable of DependencyTree
        At least one; labels are numbers, names of `classes`, or None.
    vocabulary : Vocabulary, optional
        Maps words to numbers; by default a new one, of the words of these trees in order of appearance.
    classes : sequence of str, optional
        The names of the classes, if labels are names.

    Attributes
    ----------
    child : (n_nodes − n_trees,) array
        Rows of children: those of row k are ``child[offset[k] : offset[k + 1]]``.
    offset : (n_nodes + 1,) array
    parent : (n_nodes,) array
        −1 at roots.
    word, label, depth, height : (n_nodes,) arrays
        As in `Forest`, but that every node has a word.
    position : (n_nodes,) array
        The word's place in its sentence, from 0.
    root : (n_trees,) array
        The row of each tree's root, ascending.
    vocabulary : Vocabulary
    names : tuple of str or None
        The classes' names.

    Raises
    ------
    ForestError
        If there is no tree, or a label is not as above; it names the word, and the place of its sentence if
        `trees` come from `read_conllu`.
    VocabularyError
        If a word is not in `vocabulary`, and that has no `unknown`.

    Examples
    --------
    >>> forest = TreeForest([DependencyTree(["the", "cat", "sleeps"], [1, 2, -1])])
    >>> forest.parent, forest.offset
    (array([ 1,  2, -1]), array([0, 0, 1, 2]))
    >>> forest.describe(1)  # counted from 1
    "node 2 of tree 1, 'the cat'"
    """

    child: IntArray
    offset: IntArray

    def __init__(
        self,
        trees: Iterable[DependencyTree],
        vocabulary: Vocabulary | None = None,
        classes: Iterable[str] | None = None,
    ) -> None:
        if isinstance(trees, DependencyTree | str):
            raise TypeError("a TreeForest is made of a list of DependencyTrees: TreeForest([tree])")
        if vocabulary is not None:
            check_vocabulary(vocabulary)
        names, numbers = numbered_names(classes)
        parent: list[int] = []
        label: list[int] = []
        position: list[int] = []
        words: list[str] = []
        root: list[int] = []
        for number, tree in enumerate(trees):
            if not isinstance(tree, DependencyTree):
                kind = type(tree).__name__
                raise TypeError(f"tree {number + 1} is not a DependencyTree but {kind}")
            order, own, start = tree.postorder(), tree.words(), len(parent)
            row = dict(zip(order, range(start, start + len(order)), strict=True))
            for place in order:
                head = tree.heads[place]
                parent.append(-1 if head < 0 else row[head])
                words.append(own[place])
                text = tree.labels[place]
                try:
                    leaf = Tree(text, own[place])
                    label.append(
                        -1 if text is None else label_number(leaf, len(label) - start, number, numbers)
                    )
                except ForestError as error:
                    raise placed(trees, error) from None
            position.extend(order)
            root.append(len(parent) - 1)
        if not root:
            raise ForestError("an empty forest: it needs at least one tree")
        vocabulary = Vocabulary(words) if vocabulary is None else vocabulary
        self._adopt(
            np.array(parent, np.intp),
            word_numbers(words, vocabulary, np.arange(len(words)), root),
            np.array(label, np.intp),
            np.array(position, np.intp),
            np.array(root, np.intp),
            vocabulary,
            names,
        )

    @classmethod
    def from_arrays(
        cls,
        parent: npt.ArrayLike,
        word: npt.ArrayLike,
        label: npt.ArrayLike | None,
        root: npt.ArrayLike,
        vocabulary: Vocabulary,
        position: npt.ArrayLike | None = None,
    ) -> TreeForest:
        """A forest from its arrays (copied); the others are computed.

        Parameters
        ----------
        parent, word, label, position : (n_nodes,) integer arrays
            As in the class; `label` None if there are none, `position` None for the order of the rows.
        root : (n_trees,) integer array
        vocabulary : Vocabulary

        Raises
        ------
        ForestError
            If the rows are not in post-order; it names the first such row.
        """
        check_vocabulary(vocabulary)
        above, number, top = (np.array(array, np.intp) for array in (parent, word, root))
        n = above.size
        labels = np.full(n, -1) if label is None else np.array(label, np.intp)
        check_postorder(above, top)
        if position is None:
            sizes = np.diff(top, prepend=-1)
            place = np.arange(n) - np.repeat(top - sizes + 1, sizes)
        else:
            place = np.array(position, np.intp)
        for name, array in {"word": number, "label": labels, "position": place}.items():
            if array.shape != (n,):
                raise ForestError(
                    f"{name} has the shape {array.shape}, parent has {n} rows; one row per node"
                )
        if ((number < 0) | (number >= len(vocabulary))).any():
            row = int(np.argmax((number < 0) | (number >= len(vocabulary))))
            raise ForestError(f"row {row}: word = {number[row]}, but it is 0 to {len(vocabulary) - 1}")
        return cls.__new__(cls)._adopt(above, number, labels, place, top, vocabulary, None)

    def _adopt(
        self,
        parent: IntArray,
        word: IntArray,
        label: IntArray,
        position: IntArray,
        root: IntArray,
        vocabulary: Vocabulary,
        names: Names,
        levels: tuple[IntArray, IntArray] | None = None,
    ) -> TreeForest:
        self.parent, self.word, self.label, self.position = parent, word, label, position
        self.root, self.vocabulary, self.names = root, vocabulary, names
        n = parent.size
        below = parent >= 0
        # Children of a node in the order of their rows: sorted by parent, and stable.
        self.child = np.flatnonzero(below)[np.argsort(parent[below], kind="stable")]
        self.offset = np.zeros(n + 1, np.intp)
        np.cumsum(np.bincount(parent[below], minlength=n), out=self.offset[1:])
        self.depth, self.height = levels_of(parent) if levels is None else levels
        return self

    def __len__(self) -> int:
        return self.root.size

    @property
    def n_nodes(self) -> int:
        """The number of nodes of all trees."""
        return self.parent.size

    @cached_property
    def tokens(self) -> IntArray:
        """The rows that have a word: all."""
        return np.arange(self.n_nodes)

    @cached_property
    def leaves(self) -> IntArray:
        """The rows without children, ascending."""
        return np.flatnonzero(self.height == 0)

    @cached_property
    def tree(self) -> IntArray:
        """The number of the tree that each row belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.root, prepend=-1))

    def select(self, indices: Any) -> TreeForest:
        """A forest of some of these trees, copied, in the order of `indices`; as in `Forest`."""
        trees = chosen(np.arange(len(self)), indices)
        sizes = np.diff(self.root, prepend=-1)
        first, count = self.root - sizes + 1, sizes[trees]
        ends = np.cumsum(count)
        shift = np.repeat(ends - count - first[trees], count)
        rows = np.arange(ends[-1]) - shift
        parent = np.where(self.parent[rows] < 0, -1, self.parent[rows] + shift)
        made = TreeForest.__new__(TreeForest)
        of = (parent, self.word[rows], self.label[rows], self.position[rows], ends - 1)
        return made._adopt(*of, self.vocabulary, self.names, (self.depth[rows], self.height[rows]))

    def to_tree(self, number: int) -> DependencyTree:
        """One of the trees as a `DependencyTree`; labels become text again, relations are not kept."""
        number = range(len(self))[operator.index(number)]
        start = self.root[number - 1] + 1 if number else 0
        rows = np.arange(start, self.root[number] + 1)
        rows = rows[np.argsort(self.position[rows], kind="stable")]
        above = self.parent[rows]
        heads = np.where(above < 0, -1, self.position[above])
        words = [self.vocabulary.word(word) for word in self.word[rows].tolist()]
        labels = [label_text(label, self.names) for label in self.label[rows].tolist()]
        return DependencyTree(words, heads.tolist(), None, labels)

    @overload
    def __getitem__(self, index: int) -> DependencyTree: ...
    @overload
    def __getitem__(self, index: slice | list[int] | npt.NDArray[Any]) -> TreeForest: ...
    def __getitem__(self, index: Any) -> DependencyTree | TreeForest:
        """A tree for one number, a forest for anything else: see `to_tree` and `select`."""
        return self.to_tree(int(index)) if isinstance(index, int | np.integer) else self.select(index)

    def __iter__(self) -> Iterator[DependencyTree]:
        return map(self.to_tree, range(len(self)))

    def span(self, row: int) -> str:
        """The words of a row and of all below it, in the order of the sentence, cut after the first six."""
        row = range(self.n_nodes)[operator.index(row)]
        first = row
        while (below := self.child[self.offset[first] : self.offset[first + 1]]).size:
            first = int(below[0])
        rows = np.arange(first, row + 1)
        order = rows[np.argsort(self.position[rows], kind="stable")]
        return span_text(self.vocabulary.words[k] for k in self.word[order])

    def describe(self, row: int) -> str:
        """The name of a row in messages and pictures, as in `Forest`: ``node 2 of tree 1, 'the cat'``."""
        row = range(self.n_nodes)[operator.index(row)]
        tree = int(np.searchsorted(self.root, row))
        start = int(self.root[tree - 1]) + 1 if tree else 0
        return node_name(row - start, tree, [self.span(row)])

    def __repr__(self) -> str:
        return f"<TreeForest of {len(self)} trees, {self.n_nodes} nodes, {self.vocabulary!r}>"
