"""Networks of several folds that can be used like a cell."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.nn import Module
from models.chains import mirrored
from models.errors import ForestError
from models.forest import Forest
from models.tree_forest import TreeForest


class Encoder(Module):
    """A network that computes a state for every node of a forest of chains by more than one fold.

    A subclass sets ``parts`` and ``right_parts``, as a cell for chains does, and writes ``fold``. Rows of
    leaves are 0. After backward, row k of a part's ``.grad`` is the gradient with respect to the output at k
    alone: outputs of several folds are not part of a recurrence.
    """

    parts: tuple[mg.Part, ...]
    right_parts: tuple[mg.Part, ...]

    def fold(self, forest: Forest, leaves: Any, mode: str = "level") -> mg.NodeStates:
        """Return the states of all nodes; arguments and errors are those of `minigrad.fold`."""
        raise NotImplementedError


def word_width(cell: mg.Cell | mg.NaryCell | Encoder) -> int:
    """Return how wide the vectors of the words are that a cell or an encoder reads."""
    if isinstance(cell, mg.NaryCell):
        return cell.word_width
    return next(part.width for part in cell.right_parts or cell.parts if part.leaf == "vector")


def check_kind(cell: object, forest: Forest | TreeForest) -> None:
    """Raise ForestError if a cell of any number of children gets binary trees, or another dependency ones."""
    if isinstance(cell, mg.NaryCell) != isinstance(forest, TreeForest):
        raise ForestError(
            f"{type(cell).__name__} can't read a {type(forest).__name__}: dependency trees, in a TreeForest, "
            "are for cells with any number of children, and binary trees, a Forest, for the others"
        )


def encode(
    cell: mg.Cell | mg.NaryCell | Encoder, forest: Forest | TreeForest, leaves: Any, mode: str = "level"
) -> mg.NodeStates:
    """Return the states of all nodes under a cell or an encoder; otherwise as `minigrad.fold`.

    Raises
    ------
    ForestError
        If a cell of any number of children gets binary trees, or another dependency trees.
    """
    check_kind(cell, forest)
    if isinstance(cell, mg.NaryCell):
        return mg.fold(cell, forest, leaves, mode)
    assert isinstance(forest, Forest)
    return (
        cell.fold(forest, leaves, mode) if isinstance(cell, Encoder) else mg.fold(cell, forest, leaves, mode)
    )


def read_backwards(forest: Forest, leaves: Any) -> mg.Tensor:
    """Return the leaves' vectors as the leaves of the same chains read backwards."""
    number = (forest.left < 0).cumsum() - 1
    return mg.gather(leaves, number[mirrored(forest)[forest.leaves]])


def as_words(forest: Forest, outputs: mg.Tensor) -> mg.Tensor:
    """Return the outputs at all positions (n_nodes, width) as the words of another fold (leaves, width)."""
    node = forest.parent[forest.leaves]
    return mg.gather(
        outputs, np.where(node < 0, forest.leaves, node)
    )  # a chain without words is just its start


class MaxOverTime(mg.Cell):
    """m_t = max(m_{t−1}, x_t), elementwise; m_1 = x_1.

    Has no parameters. Over a chain its root holds the elementwise maximum over all words.
    """

    def __init__(self, D: int) -> None:
        self.parts = (mg.Part("m", D, leaf="zero"),)
        self.right_parts = (mg.Part("x", D),)

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return m_t, (rows, D)."""
        return mg.where(left.is_leaf, right.x, mg.maximum(left.m, right.x))
