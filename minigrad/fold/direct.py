"""The fold of one minibatch in mode compiled, forward and backward, for a training step without a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from minigrad.cotangent import Cotangent, SparseRows
from minigrad.flat import leave
from minigrad.fold import compiler
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.evaluation import Evaluation
from minigrad.fold.run import NodeStates, check_chains
from minigrad.fold.schedule import Trees
from minigrad.graph import state
from minigrad.tensor import Tensor

Array = np.ndarray


class DirectFold:
    """What ``fold(cell, forest, gather(table, words), "compiled")`` computes, and its backward, by two calls.

    On a minibatch of a few small trees, building a graph and walking it takes as long as all arithmetic.
    Values and gradients are those of the fold and of the gather, bit for bit.

    Attributes
    ----------
    states : dict of arrays (N, width) by part
    """

    def __init__(self, evaluation: Evaluation, table: Tensor) -> None:
        self._evaluation, self._table = evaluation, table
        self.states: Mapping[str, Array] = evaluation.states

    @property
    def parameters(self) -> Sequence[Tensor]:
        """The cell's parameters."""
        return self._evaluation.parameters

    @property
    def size(self) -> int:
        """How many elements the cell's parameters have."""
        return self._evaluation.code.size

    def backward(self, given: Mapping[str, Cotangent], to_parameters: Array) -> NodeStates:
        """Add to the ``.grad`` of the table, and return the states with theirs.

        Parameters
        ----------
        given : dict of arrays (N, width), or SparseRows, by part
            Derivatives of the loss by the states, not counting what comes through ancestors. A part that is
            left out has none.
        to_parameters : (Σ sizes,) array
            Gets the derivatives by the cell's parameters, side by side.
        """
        evaluation, gradients = self._evaluation, self._evaluation.new_gradients()
        to_leaves = evaluation.differentiate(given, gradients, to_parameters)
        leave(self._table, SparseRows(evaluation.words, to_leaves, len(self._table.data)))
        return NodeStates(compiler.Finished(evaluation.states, gradients))

    def without_gradients(self) -> NodeStates:
        """Return the states where there is no backward."""
        return NodeStates(compiler.Finished(self.states, self._evaluation.new_gradients()))


def direct_fold(
    cell: Cell, forest: Trees, table: Tensor, words: Callable[[Array], Array]
) -> DirectFold | None:
    """Fold a cell over a forest whose leaves are rows of a table.

    Parameters
    ----------
    cell : Cell
    forest : Trees
        Of binary trees; with an inner node, at least.
    table : tensor (height, width of a leaf)
    words : function
        Takes the leaves' rows in the forest, ascending, and returns their rows in the table, intp (leaves,).

    Returns
    -------
    None where only ``fold`` will do: without a JIT, for a cell that can't be compiled, if gradients are
    recorded or switched off.

    Raises
    ------
    ValueError
        If a chain cell meets a right child that is not a leaf.
    """
    check_chains(cell, forest)
    if state.record is not None or not state.recording_graph:
        return None
    evaluation = compiler.evaluate(cell, forest, table.data, words, keep=True)
    return DirectFold(evaluation, table) if isinstance(evaluation, Evaluation) else None
