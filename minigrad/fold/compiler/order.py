"""Scheduling: in which order a minibatch's nodes are computed, and which are batched together.

This is dynamic batching, by list scheduling with the critical path as priority (Hu's rule, 1961). A *tile*
takes, of the nodes that are ready, those with the longest path to their root, and among equals those that
were ready first. So tiles stay full until the end, where nodes along the longest path would otherwise have to
be computed one by one. There is a queue for every depth, so that the cost per node does not depend on how
many are ready.
"""

from __future__ import annotations

import heapq
import itertools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.jit import compiled, kernel

Array = np.ndarray

TILE = 32  # nodes: enough rows for a product to run at full speed, few enough for a tile to stay in cache
STEP = 8  # rows that a product works on at once


DEPTH, ABOVE, WAITING, AFTER = range(4)  # of a node: steps to its root, the parent's row + 1, the number of
# inner children that are not scheduled yet, and the next node in its queue; for a leaf, AFTER is its number
NODE = ("row", "left", "right", "left_leaf", "right_leaf")  # the columns of `Order.nodes`
# Those that are all 1 where no child on a side, or on either, is an inner node.
LEAVES = {"left": NODE[3:4], "right": NODE[4:5], "either": NODE[3:5]}


class Order(NamedTuple):
    """The inner nodes of a forest in the order in which they are computed.

    Attributes
    ----------
    tiles : intp array (tiles, 5)
        Positions in that order: the first node of a tile, its first node with an inner right child, its first
        with two inner children, its first with an inner left child and a leaf as its right one, and the end
        of the tile. So the nodes with an inner left child are contiguous, and so are those with an inner
        right child.
    nodes : intp array (inner nodes, 5)
        The rows of the node and of its children (for a chain's right children, which are all leaves, their
        numbers among the leaves), and for each child 1 if it is a leaf, else 0.
    leaves : intp array (leaves,)
        Rows of the leaves, ascending.
    """

    tiles: Array
    nodes: Array
    leaves: Array


def _schedule_twin(left: Array, right: Array, most: int, chain: bool) -> tuple[Array, ...]:
    n = len(left)
    depth, parent = np.zeros(n, np.intp), np.full(n, -1)
    inner = np.flatnonzero(left >= 0)
    for row in inner[::-1]:
        children = [left[row], right[row]]
        depth[children], parent[children] = depth[row] + 1, row
    size = tile_size(len(inner), int(depth[inner].max(initial=0)) + 1, most)
    kind: dict[int, int] = {
        row: _kind(int(left[left[row]] >= 0), int(left[right[row]] >= 0)) for row in inner.tolist()
    }
    waiting = {row: int(left[left[row]] >= 0) + int(left[right[row]] >= 0) for row in kind}
    arrival = itertools.count()
    ready = [(-int(depth[row]), next(arrival), row) for row in kind if not waiting[row]]
    heapq.heapify(ready)
    rows: list[int] = []
    tiles = []
    while ready:
        taken = [heapq.heappop(ready)[2] for _ in range(min(size, len(ready)))]
        start = len(rows)
        tiles.append([start + sum(kind[row] < k for row in taken) for k in range(5)])
        rows += sorted(taken, key=lambda row: kind[row])
        for row in taken:
            above = int(parent[row])
            if above >= 0:
                waiting[above] -= 1
                if not waiting[above]:
                    heapq.heappush(ready, (-int(depth[above]), next(arrival), above))
    order = np.array(rows, np.intp)
    is_leaf = left < 0
    x, y = left[order], right[order]
    bounds = np.array(tiles, np.intp).reshape(-1, 5)
    rights = (np.cumsum(is_leaf) - 1)[y] if chain else y
    nodes = np.stack([order, x, rights, is_leaf[x], is_leaf[y]], axis=1)
    return bounds, nodes, np.flatnonzero(is_leaf)


@compiled
def _kind(left_inner, right_inner):  # type: ignore[no-untyped-def]
    """Which children are leaves: 0 both, 1 the left, 2 neither, 3 the right."""
    return (3 * left_inner) ^ right_inner  # without a branch, which would be unpredictable


@compiled
def tile_size(inner, longest, most):  # type: ignore[no-untyped-def]
    """Return the most nodes in a tile: the mean number per step of the critical path, rounded up to steps."""
    average = (inner + longest - 1) // longest
    return min(most, max(STEP, (average + STEP - 1) // STEP * STEP))


@compiled
def _push(queues, info, row):  # type: ignore[no-untyped-def]
    """Append a row to the queue of its depth."""
    depth = info[row, DEPTH]
    if queues[depth, 0] < 0:
        queues[depth, 0] = row
    else:
        info[queues[depth, 1], AFTER] = row
    queues[depth, 1] = row
    info[row, AFTER] = -1


@kernel(twin=_schedule_twin, dtypes=np.dtype(np.intp).char)
def schedule_nodes(left: Array, right: Array, most: int, chain: bool) -> tuple[Array, ...]:
    """Return the arrays of an `Order`; see `order`."""
    n = left.size
    # All about a node is in one small record: during a training step the cache is full of other data.
    info = np.zeros((n, 4), np.int32)
    inner, deepest = 0, 0
    for row in range(n - 1, -1, -1):
        x, y = left[row], right[row]
        if x >= 0:
            inner += 1
            depth = info[row, DEPTH]
            deepest = max(deepest, depth)
            info[x, DEPTH] = info[y, DEPTH] = depth + 1
            info[x, ABOVE] = info[y, ABOVE] = row + 1
            info[row, WAITING] = (left[x] >= 0) + (left[y] >= 0)
    size = tile_size(inner, deepest + 1, most)
    queues = np.full((deepest + 1, 2), -1, np.int32)  # the first row and the last; each names the next
    ready, deep = 0, deepest  # how many nodes are ready; the depth of the deepest is at most `deep`
    leaves = np.empty(n - inner, np.intp)
    leaf = 0
    for row in range(n):
        if left[row] < 0:
            leaves[leaf] = row
            info[row, AFTER] = leaf
            leaf += 1
        elif info[row, WAITING] == 0:
            _push(queues, info, row)
            ready += 1
    nodes, tiles = np.empty((inner, len(NODE)), np.intp), np.empty((inner, 5), np.intp)
    taken, kinds, bounds = np.empty(size, np.intp), np.empty(size, np.intp), np.empty(5, np.intp)
    start, count = 0, 0
    while ready:
        m = min(size, ready)
        bounds[:] = 0
        for k in range(m):
            while queues[deep, 0] < 0:
                deep -= 1
            row = queues[deep, 0]
            queues[deep, 0] = info[row, AFTER]
            taken[k] = row
            kinds[k] = _kind(np.intp(left[left[row]] >= 0), np.intp(left[right[row]] >= 0))
            bounds[kinds[k] + 1] += 1
        ready -= m
        for k in range(4):
            bounds[k + 1] += bounds[k]
        for k in range(5):
            tiles[count, k] = start + bounds[k]
        count += 1
        for k in range(m):
            row, kind = taken[k], kinds[k]
            x, y = left[row], right[row]
            node = nodes[start + bounds[kind]]
            node[0], node[1], node[2] = row, x, info[y, AFTER] if chain else y
            node[3], node[4] = left[x] < 0, left[y] < 0
            bounds[kind] += 1
            above = info[row, ABOVE] - 1
            if above >= 0:
                info[above, WAITING] -= 1
                if info[above, WAITING] == 0:
                    _push(queues, info, above)
                    ready += 1
                    deep = max(deep, info[above, DEPTH])
        start += m
    return tiles[:count], nodes, leaves


def order(left: Array, right: Array, chain: bool = False, most: int = TILE) -> Order:
    """Schedule the inner nodes: tiles of nodes that are ready together, longest path to the root first.

    Parameters
    ----------
    left, right : intp arrays (N,)
        Rows of the children, in earlier rows than their parent; -1 at leaves.
    chain : bool
        Whether all right children are leaves, to be given by their numbers among the leaves.
    most : int
        The most nodes in a tile.
    """
    return Order(*schedule_nodes(left, right, most, chain))
