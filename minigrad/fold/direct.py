"""A minibatch's loss and gradients without a graph, for a training step in mode compiled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.context import thread
from minigrad.cotangent import SparseRows
from minigrad.fold import compiler
from minigrad.fold.cell import Cell
from minigrad.fold.compiler import Done, Finished
from minigrad.fold.compiler.rooms import Lease
from minigrad.fold.run import NodeStates, check_chains
from minigrad.fold.shards import Rooted, Shard, shards
from minigrad.internal import crew
from minigrad.internal.flat import add_gradient, add_gradients, flat_gradients
from minigrad.internal.lent import lent_gradient
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
        How many may work. A forest of some 1,400 inner nodes or less is computed in one piece, a larger one
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
    state = thread.state
    if state.observers or not state.recording_graph:
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
    leaves = [W, b, *code.trace.parameters]
    flat = flat_gradients(leaves)
    model = Whole(code, L, Ws, bs, 1 / divisor)
    cut = shards(forest)
    if cut:
        jobs = [partial(model.shard, shard, nodes, entry, rows, roots, target, masks) for shard in cut]
        parts = crew.run(jobs, threads)
    else:
        gradient = flat.room(dtype) if flat else None
        parts = [model.run(forest, entry, rows, roots, target, masks, gradient)]
    if not all(part.legal for part in parts):
        return None
    loss = sum(part.loss for part in parts)
    complete = math.isfinite(loss)
    states = NodeStates(Finished([part.done for part in parts], complete, [part.rows for part in cut]))
    if complete:
        words, lent = _words(parts, len(L)), lent_gradient(table)
        if not cut and lent is not None:
            lent.put(words, parts[0].lease)
        else:
            add_gradient(table, words if cut else words.copy())
        if flat is not None:
            flat.add(_total([part.gradient for part in parts]))
        else:
            add_gradients(leaves, _total([part.gradient for part in parts]))
    return loss, states


class Part(NamedTuple):
    """Loss and gradients of a shard, or of all."""

    legal: bool
    loss: float
    gradient: Array
    read: int
    lease: Lease
    done: Callable[[], Done]

    def words(self) -> tuple[Array, Array]:
        """Return the rows of the table that were read, and the gradients with respect to them."""
        return self.lease.room.entries[: self.read], self.lease.room.by_entries[: self.read]


class Whole(NamedTuple):
    """What all parts of a minibatch have in common; losses are multiplied by `scale`."""

    code: compiler.CompiledCell
    table: Array
    W: Array
    b: Array
    scale: float

    def shard(
        self, shard: Shard, nodes: int, entry: Array, rows: Array, roots: bool, target: Array, masks: Array
    ) -> Part:
        """Compute a shard of a forest of so many nodes."""
        own = shard.root if roots else shard.own(rows)
        masks = self.code.mask_rows(masks, nodes, shard.rows)
        return self.run(shard, entry[shard.rows], own, roots, target[shard.rows], masks)

    def run(
        self,
        trees: Rooted,
        entry: Array,
        rows: Array,
        roots: bool,
        target: Array,
        masks: Array,
        gradient: Array | None = None,
    ) -> Part:
        """Compute all trees in one piece; `roots` says whether `rows` is ``trees.root``."""
        code, dtype = self.code, self.table.dtype
        nodes, n = len(trees.left), len(rows)
        leaves = (nodes + len(trees.root)) // 2  # the trees are binary
        size = nodes * code.width
        lease = code.rooms.lease(code, nodes, leaves, n)
        room, weights = lease.room, (code.values.pointers, code.values.held)
        if gradient is None:
            gradient = np.empty(self.W.size + self.b.size + code.size, dtype)
        scratch = code.take_scratch()
        try:
            legal, loss, read = compiler.driver(dtype)(
                room.states[:size], room.totals[:size], room.by_h[:n], gradient,
                room.entries[:leaves], room.by_entries[:leaves],
                *code.addresses, room.memory.with_scratch(scratch), weights[0],
                code.widths, code.chain, code.leaves_written,
                trees.left, trees.right, entry, target, masks,
                rows, roots, self.table, self.W, self.b, self.scale,
            )  # fmt: skip
        finally:
            code.give_back_scratch(scratch)
        done = partial(Done, code, trees, self.table, entry, masks, rows, lease, weights)
        return Part(legal, loss, gradient, read, lease, done)


def _words(parts: Sequence[Part], height: int) -> SparseRows:
    """Return the gradient with respect to the table; a word's of several shards are added in their order."""
    entries, by_entries = parts[0].words()
    if len(parts) > 1:
        entries, by_entries = map(np.concatenate, zip(*(part.words() for part in parts), strict=True))
        read = kernels.sum_rows(entries, by_entries)
        entries, by_entries = entries[:read], by_entries[:read]
    return SparseRows(entries, by_entries, height, distinct=True)


def _total(gradients: Sequence[Array]) -> Array:
    total = gradients[0]
    for gradient in gradients[1:]:
        total += gradient
    return total
