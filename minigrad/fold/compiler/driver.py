"""A minibatch's loss and all its gradients, in one call of compiled code.

A minibatch's data evict Python's own code and objects from the cache, so each return to Python in the middle
of a step costs several times what it costs in a tight loop.

The function below is compiled once per dtype and serves all cells, whose `forward` and `backward` it calls by
their addresses. Numba's cache does not notice a change in another file, and has no lock; so the function and
what it calls are not in that cache: they are kept as the machine code of cells is.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from minigrad.fold.compiler import abi
from minigrad.fold.compiler.abi import FIELDS, Field
from minigrad.fold.compiler.order import TILE, schedule_nodes
from minigrad.kernels import jit, machine, objects
from minigrad.kernels.invoke import invoke
from minigrad.kernels.rows import first_outside, sum_rows
from minigrad.kernels.softmax import linear_cross_entropy

Array = np.ndarray
KERNELS: tuple[Any, ...] = (schedule_nodes, first_outside, sum_rows, linear_cross_entropy)
# The files that decide on the machine code
FILES = (abi, jit, machine, *(sys.modules[name] for name in (__name__, invoke.__module__)))
FILES += tuple(sys.modules[kernel.__module__] for kernel in KERNELS)
# The types of the arguments, as `machine.compile_function` takes them
ARGUMENTS = "vvmvimnniiibbiiiitibmmvf"
(
    KEEP, COMPLETE, FRESH, TILES, TILE_COUNT, NODES, INNER, LEAF_ROWS, LEAVES, ENTRIES, TABLE, TABLE_STEP,
    STATES, MASKS, MEMORY, PARAMETERS, TOTALS, BY_LEAVES, GRADIENT,
) = Field  # fmt: skip


def loss_and_gradients(
    states: Array, totals: Array, by_h: Array, gradient: Array, entries: Array, by_entries: Array,
    forward: int, backward: int, memory: Array, parameters: Array,
    widths: Array, chain: bool, leaves_written: bool,
    left: Array, right: Array, entry: Array, target: Array, masks: Array,
    rows: Array, fresh: bool, table: Array, W: Array, b: Array, scale: float,
) -> tuple[bool, float, int]:  # fmt: skip
    """Fold, then compute scale · Σ −log softmax(W h[row] + b)[target] and its gradients.

    Parameters
    ----------
    states, totals : (N · Σ widths,)
        Receive the states, part after part, and the gradients with respect to them.
    by_h : (n, width of h)
        Receives the gradients with respect to h of the classified nodes, without what comes through
        ancestors.
    gradient : (W.size + b.size + sizes of the cell's parameters,)
        Receives the gradients with respect to W, b and the cell's parameters, concatenated.
    entries, by_entries : intp (leaves,), (leaves, width of a leaf)
        Receive the rows of `table` that were read, each once, and the gradients with respect to them. Their
        number is returned; the rest of both arrays is undefined.
    forward, backward : int
        Addresses of the cell's emitted functions.
    memory, parameters : intp arrays
        See `Memory.pointers` and `Addresses.pointers`.
    widths : intp (parts,)
        Of the parts of a state; the first part, h, is classified.
    chain : bool
        Whether right children are a chain's inputs, which have no states.
    leaves_written : bool
        See `CompiledCell`.
    left, right, entry, target : intp (N,)
        The children's rows, -1 at leaves; a leaf's row in `table`; the class of a node that is classified.
    masks : bool array
        See `CompiledCell.masks`.
    rows : intp (n,)
        The nodes that are classified, each once.
    fresh : bool
        Whether these are the roots and nothing else.
    table : (height, width of a leaf)
    W, b : (classes, width of h), (classes,)
    scale : float

    Returns
    -------
    bool
        Whether all targets are classes. If not, nothing has been computed.
    float
        The loss. If it is not finite, there are states but no gradients.
    int
        How many rows of `table` were read.
    """
    targets = np.empty(rows.size, np.intp)
    for k in range(rows.size):
        targets[k] = target[rows[k]]
    if first_outside(targets, b.size) >= 0:
        return False, np.nan, 0
    tiles, nodes, leaves = schedule_nodes(left, right, TILE, chain)
    for k in range(leaves.size):
        entries[k] = entry[leaves[k]]
    frame = np.zeros(FIELDS, np.intp)
    frame[TILES], frame[TILE_COUNT] = tiles.ctypes.data, len(tiles)
    frame[NODES], frame[INNER] = nodes.ctypes.data, len(nodes)
    frame[LEAF_ROWS], frame[LEAVES] = leaves.ctypes.data, len(leaves)
    frame[ENTRIES] = entries.ctypes.data
    frame[TABLE], frame[TABLE_STEP] = table.ctypes.data, table.strides[0]
    frame[STATES], frame[MASKS] = states.ctypes.data, masks.ctypes.data
    frame[MEMORY], frame[PARAMETERS] = memory.ctypes.data, parameters.ctypes.data
    frame[KEEP] = 1
    held = tiles, nodes, leaves
    invoke(forward, frame, held)  # type: ignore[call-arg]

    N, D = left.size, widths[0]
    h = states[: N * D].reshape((N, D))
    by_W, rest = gradient[: W.size].reshape(W.shape), gradient[W.size :]
    loss = linear_cross_entropy(by_h, by_W, rest[: b.size], h, W, b, rows, targets, scale)
    if not np.isfinite(loss):
        return True, loss, 0

    # The total of every state but the roots' is overwritten by its parent: it need not be zeroed.
    if chain or not fresh:  # a chain's inputs have no states
        totals[:] = 0
    start = 0
    for width in widths:
        part = totals[start : start + N * width].reshape((N, width))
        for k in range(rows.size):
            for j in range(width):
                part[rows[k], j] = by_h[k, j] if start == 0 else 0
        start += N * width
    if not leaves_written:
        by_entries[:] = 0
    frame[FRESH] = fresh
    frame[TOTALS], frame[BY_LEAVES] = totals.ctypes.data, by_entries.ctypes.data
    frame[GRADIENT] = rest[b.size :].ctypes.data
    invoke(backward, frame, held)
    return True, loss, sum_rows(entries, by_entries)


@functools.cache
def driver(dtype: np.dtype[Any]) -> Callable[..., tuple[bool, float, int]]:
    """Return `loss_and_gradients` in machine code, for arrays of a dtype."""
    helpers = {kernel.__name__: jit.compiled(kernel.__wrapped__, cache=False) for kernel in KERNELS}
    own = FunctionType(loss_and_gradients.__code__, globals() | helpers)
    function = jit.compiled(own, cache=False)
    objects.keep(
        objects.key("driver", [dtype.name], FILES),
        lambda: machine.compile_function(function, ARGUMENTS, dtype),
        lambda code: machine.load_function(function, code),
    )
    return function
