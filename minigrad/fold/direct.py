"""A minibatch's loss and gradients without a graph, for a training step in mode compiled."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import SparseRows
from minigrad.fold import compiler
from minigrad.fold.cell import Cell
from minigrad.fold.run import NodeStates, check_chains
from minigrad.fold.schedule import Trees
from minigrad.internal.flat import add_gradient, add_gradients
from minigrad.tensor import Tensor

Array = np.ndarray


class Labelled(Trees, Protocol):
    """Trees with words and labels, as `models.Forest` has them; -1 where there is none."""

    word: Array
    label: Array
    root: Array


def loss_and_gradients(
    cell: Cell, forest: Labelled, table: Tensor, W: Tensor, b: Tensor, rows: Array, divisor: int
) -> tuple[float, NodeStates] | None:
    """Fold a cell over words and classify nodes, with all derivatives, in one call of compiled code.

    On a minibatch of a few small trees, building a graph and walking it takes as long as all arithmetic.
    Values and gradients are those of ``fold(cell, forest, gather(table, words), "compiled")`` and
    ``linear_cross_entropy``, bit for bit.

    Parameters
    ----------
    cell : Cell
    forest : Labelled
        With an inner node, at least.
    table : tensor (height, width of a leaf)
        The words' vectors.
    W, b : tensors (classes, D), (classes,)
        Of the softmax over the state's first part.
    rows : intp (n,)
        The nodes that are classified, each once.
    divisor : int
        The sum of their losses is divided by it.

    Returns
    -------
    float
        The loss. If it is finite, derivatives have been added to the ``.grad`` of table, W, b and the cell's
        parameters.
    NodeStates
        With their gradients.

    None, and nothing done, where only the graph will do: without a JIT, for a cell that can't be compiled, if
    dtypes are mixed or shapes do not fit, if a label is no class, if an observer watches, under `no_grad`.

    Raises
    ------
    ValueError
        If a chain cell meets a right child that is not a leaf.
    """
    check_chains(cell, forest)
    if thread.state.observers or not thread.state.recording_graph:
        return None
    L, Ws, bs = map(np.ascontiguousarray, (table.data, W.data, b.data))
    dtype, D = L.dtype, cell.parts[0].width
    code = compiler.ready(cell, dtype)
    if not isinstance(code, compiler.CompiledCell) or Ws.dtype != dtype or bs.dtype != dtype:
        return None
    if L.shape[1] != code.leaf_width or Ws.shape != (len(bs), D):
        return None
    nodes = len(forest.left)
    leaves = (nodes + len(forest.root)) // 2  # the trees are binary
    memory, masks = code.take(nodes - leaves), code.masks(nodes)
    states, totals = np.empty(nodes * code.width, dtype), np.empty(nodes * code.width, dtype)
    by_h, by_words = np.empty((len(rows), D), dtype), np.empty((leaves, code.leaf_width), dtype)
    gradient, words = np.empty(Ws.size + bs.size + code.size, dtype), np.empty(leaves, np.intp)
    legal, loss, read = compiler.driver(dtype).loss_and_gradients(
        states, totals, by_h, gradient, words, by_words,
        *code.addresses, memory.pointers, code.values.pointers, code.widths, code.chain, code.leaves_written,
        forest.left, forest.right, forest.word, forest.label, masks,
        rows, rows is forest.root, L, Ws, bs, 1 / divisor,
    )  # fmt: skip
    if not legal:
        code.give_back(memory)
        return None
    evaluation = compiler.Evaluation(
        code, forest, L, lambda leaves: forest.word[leaves], memory, masks, states
    )
    given = {cell.parts[0].name: SparseRows(rows, by_h, nodes, distinct=True)}
    if not math.isfinite(loss):
        return loss, NodeStates(compiler.Finished(evaluation, given, None))
    add_gradient(table, SparseRows(words[:read], by_words[:read], len(L), distinct=True))
    add_gradients([W, b, *evaluation.parameters], gradient)
    return loss, NodeStates(compiler.Finished(evaluation, given, totals))
