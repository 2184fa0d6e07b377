"""A tree classifier: word vectors, a cell, and a softmax on top of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import kernels
from minigrad.nn import Module, Parameter, initial
from models.cells import Encoder, encode, word_width
from models.class_names import checked_names, some_names
from models.errors import one_of
from models.forest import Forest
from models.forest_checks import check_vocabulary
from models.tree_forest import TreeForest
from models.vocabulary import Vocabulary

AnyForest = Forest | TreeForest
HEADS = ("root", "labelled")


@dataclass(frozen=True)
class Dropout:
    """Dropout in a classifier while it is trained.

    Attributes
    ----------
    words : float
        Probability in [0, 1) that an element of a leaf's word vector is set to 0, on its way into the tree.
    states : float
        The same for the states that are classified, on their way into the softmax; the tree reads them whole.
    rng : numpy.random.Generator
        Draws the masks.
    """

    words: float
    states: float
    rng: np.random.Generator


class TreeClassifier(Module):
    """Words -> vectors (L) -> states of all nodes (the cell) -> scores of classes (Ws, bs).

    Parameters
    ----------
    cell : minigrad.Cell, minigrad.NaryCell or Encoder
        Its dtype is the model's. A NaryCell reads a `TreeForest` of dependency trees wherever another reads a
        `Forest`.
    vocabulary : Vocabulary
    classes : int or sequence of str
        Their number, labels being 0..classes−1, or their names in the order of their numbers.
    rng : numpy.random.Generator
        Draws L from U(±1e-4), as the paper does, and Ws from U(±1/√D), as the authors' code does; bs starts
        at 0.
    head : "root" or "labelled"
        Which nodes are classified: the roots, or every node that has a label.

    Attributes
    ----------
    classes : int
    names : tuple of str or None
    dropout : Dropout or None
        Applied by `loss` while `training` is True. It belongs to training and is not saved with the model.
        None at first.

    Notes
    -----
    L: (words, width of a leaf). Ws: (classes, D), bs: (classes,), where D is the width of the cell's first
    state part, which is the one that is classified.

    A call, `loss` and `predict` run in mode "compiled" by default, as training does. A cell that is new to
    this machine is then compiled first, which takes less than a second, once, and some five seconds before
    the first of all cells; mode "level" starts sooner and is better for a look at a few trees. A cell that
    cannot be compiled runs as "level", after one warning.
    """

    def __init__(
        self,
        cell: mg.Cell | mg.NaryCell | Encoder,
        vocabulary: Vocabulary,
        classes: int | Sequence[str],
        rng: np.random.Generator,
        head: str = "root",
    ) -> None:
        if not isinstance(cell, mg.Cell | mg.NaryCell | Encoder):
            raise TypeError(f"cell is a Cell such as RNN(D=50, rng=rng), not {cell!r}")
        check_vocabulary(vocabulary)
        names = checked_names(classes) if isinstance(classes, Iterable) else None
        classes = len(names) if names is not None else classes
        if not isinstance(classes, int | np.integer) or isinstance(classes, bool):
            raise TypeError(f"classes is how many there are, or a list of their names, not {classes!r}")
        if classes < 2:
            raise ValueError(f"a classifier needs at least two classes, not {classes}")
        self.cell: Any = cell
        self.vocabulary = vocabulary
        self.classes = classes
        self.names = names
        self.head = one_of("head", head, HEADS)
        self.dropout: Dropout | None = None
        D, dtype = cell.parts[0].width, cell.parameters()[0].dtype
        self.L = Parameter(initial("uniform", rng, (len(vocabulary), word_width(cell)), dtype, bound=1e-4))
        self.Ws = Parameter(initial("fan_in_uniform", rng, (classes, D), dtype))
        self.bs = Parameter(initial("zeros", rng, (classes,), dtype))

    def __call__(self, forest: AnyForest, mode: str = "compiled") -> tuple[mg.Tensor, mg.NodeStates]:
        """Return the scores of the classified nodes, (len(self.rows(forest)), classes), and all states.

        Raises
        ------
        VocabularyError
            If a word of the forest is not in the model's vocabulary.
        """
        rows = self.rows(forest)
        states = self._states(forest, mode)
        top = mg.gather(states[self.cell.parts[0].name], rows)
        return top @ self.Ws.T + self.bs, states

    def rows(self, forest: AnyForest) -> np.ndarray:
        """Return the rows of the nodes that are classified, intp (n,)."""
        if not isinstance(forest, Forest | TreeForest):
            raise TypeError(
                f"a classifier runs over a Forest, as Forest([tree]), not a {type(forest).__name__}"
            )
        return forest.root if self.head == "root" else np.flatnonzero(forest.label >= 0)

    def labels(self, forest: AnyForest) -> np.ndarray:
        """Return the labels of the classified nodes, intp (n,).

        Raises
        ------
        ValueError
            If one is missing or is not a class of this model; the text names the node.
        """
        rows = self.rows(forest)
        if forest.names not in (None, self.names):
            own = "0.." + str(self.classes - 1) if self.names is None else some_names(self.names)
            raise ValueError(
                f"the labels are of the classes {some_names(forest.names)}, the model's are {own}"
            )
        labels = forest.label[rows]
        bad = kernels.first_outside(labels, self.classes)
        if bad >= 0:
            row, label = rows[bad], labels[bad]
            what = "has no label" if label < 0 else f"has the label {label}"
            raise ValueError(f"{forest.describe(row)} {what}; the classes are 0..{self.classes - 1}")
        return labels

    def loss(self, forest: AnyForest, mode: str = "compiled") -> tuple[mg.Tensor, mg.NodeStates]:
        """Return the cross-entropy, averaged over the trees, and all states.

        A tree's loss is the sum over its classified nodes. This is what training differentiates, so it is
        where `dropout` acts.

        Raises
        ------
        ValueError
            If a classified node has no label or one that is no class, or if there is nothing to classify:
            with the head "labelled", no node has a label.
        """
        rows, labels = self.rows(forest), self.labels(forest)
        if not len(rows):
            raise ValueError(
                f"there is no loss over no nodes: none of these {len(forest)} trees has a label; leave out "
                "trees without labels"
            )
        dropout = self.dropout if self.training else None
        states = self._states(forest, mode, dropout)
        top = states[self.cell.parts[0].name]
        if dropout is not None:
            top = mg.dropout(top, dropout.states, dropout.rng)
        return mg.linear_cross_entropy(top, self.Ws, self.bs, labels, rows, divisor=len(forest)), states

    def predict(self, forest: AnyForest, mode: str = "compiled") -> np.ndarray:
        """Return the most probable class of every classified node, intp (n,).

        Raises
        ------
        ValueError
            If there is nothing to classify: with the head "labelled", no node has a label.
        """
        self._something(forest)
        with mg.no_grad():
            logits, _ = self(forest, mode)
        return logits.data.argmax(axis=1)

    def probabilities(self, forest: AnyForest, mode: str = "compiled") -> np.ndarray:
        """Return the probabilities of classes at classified nodes, (n, classes); errors as in `predict`."""
        self._something(forest)
        with mg.no_grad():
            logits, _ = self(forest, mode)
            return mg.softmax(logits).data

    def name(self, number: int) -> str:
        """Return what a class is called: its name, or its number."""
        return str(number) if self.names is None else self.names[number]

    def forest(self, trees: Iterable[Any]) -> Any:
        """Return a forest of trees, with the model's vocabulary and classes.

        That is a `Forest` of binary trees, or, for a cell with any number of children, a `TreeForest` of
        dependency trees; errors as there.
        """
        kind = TreeForest if isinstance(self.cell, mg.NaryCell) else Forest
        return kind(trees, self.vocabulary, self.names)

    def _something(self, forest: AnyForest) -> None:
        if not len(self.rows(forest)):
            raise ValueError(
                "there is nothing to classify: this model reads the nodes that have a label "
                f"(head='labelled'), and none of these {len(forest)} trees has one; give a label, any class, "
                "to the nodes that are asked for"
            )

    def _states(self, forest: AnyForest, mode: str, dropout: Dropout | None = None) -> mg.NodeStates:
        leaves = mg.gather(self.L, self.words(forest))
        if dropout is not None:
            leaves = mg.dropout(leaves, dropout.words, dropout.rng)
        return encode(self.cell, forest, leaves, mode)

    def words(self, forest: AnyForest) -> np.ndarray:
        """Return the row of L of every node with a word, the leaves of binary trees, intp (words,).

        Raises
        ------
        VocabularyError
            If a word of the forest is not in the model's vocabulary.
        """
        words = forest.word[forest.tokens]
        if forest.vocabulary is self.vocabulary or forest.vocabulary == self.vocabulary:
            return words
        used, places = np.unique(words, return_inverse=True)
        return self.vocabulary.lookup(forest.vocabulary.words[k] for k in used)[places]
