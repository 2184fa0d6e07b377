"""A minibatch's loss and gradients without a graph, for a training step in mode compiled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.context import thread
from minigrad.cotangent import SparseRows
from minigrad.fold import compiler
from minigrad.fold.cell import Cell
from minigrad.fold.compiler import Done, Finished
from minigrad.fold.run import NodeStates, check_chains
from minigrad.fold.shards import Rooted, Shard, shards
from minigrad.internal import crew
from minigrad.internal.flat import add_gradient, add_gradients
from minigrad.tensor import Tensor

Array = np.ndarray


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
    threads: int = 1,
) -> tuple[float, NodeStates] | None:
    """Fold a cell and classify nodes, with all gradients, in one call of compiled code.

    On a minibatch of a few small trees, building a graph and walking it takes as long as all arithmetic.
    Values and gradients are those of ``fold(cell, forest, gather(table, entry[leaves]), "compiled")`` and
    ``linear_cross_entropy(states, W, b, target[rows], rows, divisor)``: bit for bit where the forest is
    computed in one piece, else sums are added up in another order.

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
    threads : int
        How many may work. A forest of some 1,000 inner nodes or less is computed in one piece, a larger one
        in shards of trees, whose gradients are added up in the shards' order: results are the same bits for
        every number of threads.

    Returns
    -------
    float
        The loss. If it is finite, gradients have been added to the ``.grad`` of table, W, b and the cell's
        parameters.
    NodeStates
        With their gradients.

    None, and nothing done, where it takes a graph: without a JIT, for a cell that can't be compiled or that
    computes weights of its parameters, if dtypes are mixed or shapes do not fit, if a target is no class, if
    an observer watches, under `no_grad`.

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
    if (
        not code.addresses
        or code.outer is not None
        or L.shape[1] != code.leaf_width
        or Ws.shape != (len(bs), D)
    ):
        return None
    nodes = len(forest.left)
    roots, masks = rows is forest.root, code.masks(nodes)
    model = _Model(code, L, Ws, bs, 1 / divisor)
    cut = shards(forest)
    if cut:
        jobs = [partial(model.shard, shard, nodes, entry, rows, roots, target, masks) for shard in cut]
        parts = crew.run(jobs, threads)
    else:
        parts = [model.run(forest, entry, rows, roots, target, masks)]
    if not all(part.legal for part in parts):
        return None
    loss = sum(part.loss for part in parts)
    complete = math.isfinite(loss)
    done = [Done(p.evaluation, p.given, p.totals if complete else None) for p in parts]
    states = NodeStates(Finished(done, [part.rows for part in cut]))
    if complete:
        add_gradient(table, _words(parts, len(L)))
        add_gradients([W, b, *code.trace.parameters], _total([part.gradient for part in parts]))
    return loss, states


class _Part(NamedTuple):
    """Loss and gradients of a shard, or of all."""

    legal: bool
    loss: float
    evaluation: compiler.Evaluation
    given: Mapping[str, SparseRows]
    totals: Array
    gradient: Array
    entries: Array
    by_entries: Array


class _Model(NamedTuple):
    """What all parts of a minibatch have in common."""

    code: compiler.CompiledCell
    table: Array
    W: Array
    b: Array
    scale: float

    def shard(
        self, shard: Shard, nodes: int, entry: Array, rows: Array, roots: bool, target: Array, masks: Array
    ) -> _Part:
        """Compute a shard of a forest of so many nodes."""
        own = shard.root if roots else shard.own(rows)
        masks = self.code.mask_rows(masks, nodes, shard.rows)
        return self.run(shard, entry[shard.rows], own, roots, target[shard.rows], masks)

    def run(
        self, trees: Rooted, entry: Array, rows: Array, roots: bool, target: Array, masks: Array
    ) -> _Part:
        """Compute all trees in one piece; `roots` says whether `rows` is ``trees.root``."""
        code, dtype = self.code, self.table.dtype
        nodes = len(trees.left)
        leaves = (nodes + len(trees.root)) // 2  # the trees are binary
        states, totals = np.empty(nodes * code.width, dtype), np.empty(nodes * code.width, dtype)
        by_h = np.empty((len(rows), self.W.shape[1]), dtype)
        by_entries = np.empty((leaves, code.leaf_width), dtype)
        gradient = np.empty(self.W.size + self.b.size + code.size, dtype)
        entries = np.empty(leaves, np.intp)
        memory = code.take(nodes - leaves)
        evaluation = compiler.Evaluation(
            code, trees, self.table, lambda leaves: entry[leaves], memory, masks, states
        )
        with code.buffers(memory) as pointers:
            legal, loss, read = compiler.driver(dtype)(
                states, totals, by_h, gradient, entries, by_entries,
                *code.addresses, pointers, code.values.pointers, code.widths, code.chain, code.leaves_written,
                trees.left, trees.right, entry, target, masks,
                rows, roots, self.table, self.W, self.b, self.scale,
            )  # fmt: skip
        given = {code.trace.parts[0].name: SparseRows(rows, by_h, nodes, distinct=True)}
        return _Part(legal, loss, evaluation, given, totals, gradient, entries[:read], by_entries[:read])


def _words(parts: Sequence[_Part], height: int) -> SparseRows:
    """Return the gradient with respect to the table; a word's of several shards are added in their order."""
    entries, by_entries = parts[0].entries, parts[0].by_entries
    if len(parts) > 1:
        entries = np.concatenate([part.entries for part in parts])
        by_entries = np.concatenate([part.by_entries for part in parts])
        read = kernels.sum_rows(entries, by_entries)
        entries, by_entries = entries[:read], by_entries[:read]
    return SparseRows(entries, by_entries, height, distinct=True)


def _total(gradients: Sequence[Array]) -> Array:
    total = gradients[0]
    for gradient in gradients[1:]:
        total += gradient
    return total
