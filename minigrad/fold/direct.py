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


class Rooted(Trees, Protocol):
    """Binary trees that know the rows of their roots."""

    root: Array


def loss_and_gradients(
    cell: Cell,
    forest: Rooted,
    table: Tensor,
    entry: Array,
    W: Tensor,
    b: Tensor,
    rows: Array,
    target: Array,
    divisor: int,
) -> tuple[float, NodeStates] | None:
    """Fold a cell and classify nodes, with all gradients, in one call of compiled code.

    On a minibatch of a few small trees, building a graph and walking it takes as long as all arithmetic.
    Values and gradients are those of ``fold(cell, forest, gather(table, entry[leaves]), "compiled")`` and
    ``linear_cross_entropy(states, W, b, target[rows], rows, divisor)``, bit for bit.

    Parameters
    ----------
    cell : Cell
    forest : Rooted
        With an inner node, at least.
    table : tensor (height, width of a leaf)
        Its rows are the leaves' vectors.
    entry : intp (N,)
        For each leaf, which row of `table` is its vector; not read elsewhere.
    W, b : tensors (classes, D), (classes,)
        Of the softmax over the state's first part.
    rows : intp (n,)
        The nodes that are classified, each once.
    target : intp (N,)
        For each of these, its class; not read elsewhere.
    divisor : int
        The sum of their losses is divided by it.

    Returns
    -------
    float
        The loss. If it is finite, gradients have been added to the ``.grad`` of table, W, b and the cell's
        parameters.
    NodeStates
        With their gradients.

    None, and nothing done, where it takes a graph: without a JIT, for a cell that can't be compiled, if
    dtypes are mixed or shapes do not fit, if a target is no class, if an observer watches, under `no_grad`.

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
    if not code.addresses or L.shape[1] != code.leaf_width or Ws.shape != (len(bs), D):
        return None
    nodes = len(forest.left)
    leaves = (nodes + len(forest.root)) // 2  # the trees are binary
    memory, masks = code.take(nodes - leaves), code.masks(nodes)
    states, totals = np.empty(nodes * code.width, dtype), np.empty(nodes * code.width, dtype)
    by_h, by_entries = np.empty((len(rows), D), dtype), np.empty((leaves, code.leaf_width), dtype)
    gradient, entries = np.empty(Ws.size + bs.size + code.size, dtype), np.empty(leaves, np.intp)
    legal, loss, read = compiler.driver(dtype)(
        states, totals, by_h, gradient, entries, by_entries,
        *code.addresses, memory.pointers, code.values.pointers, code.widths, code.chain, code.leaves_written,
        forest.left, forest.right, entry, target, masks,
        rows, rows is forest.root, L, Ws, bs, 1 / divisor,
    )  # fmt: skip
    if not legal:
        code.give_back(memory)
        return None
    evaluation = compiler.Evaluation(code, forest, L, lambda leaves: entry[leaves], memory, masks, states)
    given = {cell.parts[0].name: SparseRows(rows, by_h, nodes, distinct=True)}
    if not math.isfinite(loss):
        return loss, NodeStates(compiler.Finished(evaluation, given, None))
    add_gradient(table, SparseRows(entries[:read], by_entries[:read], len(L), distinct=True))
    add_gradients([W, b, *evaluation.parameters], gradient)
    return loss, NodeStates(compiler.Finished(evaluation, given, totals))
