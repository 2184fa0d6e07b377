"""In which order a minibatch's nodes are computed, and in which company: Hu's rule.

A tile takes, of the nodes that are ready, those with the longest path to their root (Hu 1961), and of those
that were ready first. What remains for later can then still be done in company: node by node along the
longest path would be slow. There is a queue for every depth, so that a node costs the same in any company.
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


NODE = ("row", "left", "right", "left_leaf", "right_leaf")  # what `Order.nodes` has columns for


class Order(NamedTuple):
    """The inner nodes of a forest in the order in which they are computed.

    Attributes
    ----------
    tiles : intp array (tiles, 5)
        The places, in that order, where a tile begins, where nodes with an inner right child begin, those
        with an inner left child too, those with a leaf right again, and where the tile ends. So those with an
        inner left child stand together, and so do those with an inner right child.
    nodes : intp array (inner nodes, 5)
        Rows of the nodes and of their children (of a chain's right children, which are all leaves, the
        numbers among the leaves), and for either child 1 if it is a leaf, or 0.
    leaves : intp array (leaves,)
        Rows of the leaves, ascending.
    """

    tiles: Array
    nodes: Array
    leaves: Array


def _place_twin(left: Array, right: Array, most: int, chain: bool) -> tuple[Array, ...]:
    n = len(left)
    depth, parent = np.zeros(n, np.intp), np.full(n, -1)
    inner = np.flatnonzero(left >= 0)
    for row in inner[::-1]:
        children = [left[row], right[row]]
        depth[children], parent[children] = depth[row] + 1, row
    size = tile_size(len(inner), int(depth[inner].max(initial=0)) + 1, most)
    kind: dict[int, int] = {row: _kind(left[left[row]] >= 0, left[right[row]] >= 0) for row in inner.tolist()}
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
    if left_inner:
        return 2 if right_inner else 3
    return 1 if right_inner else 0


@compiled
def tile_size(inner, longest, most):  # type: ignore[no-untyped-def]
    """Return the most nodes in a tile: as many as keep company along the longest path, in whole steps."""
    company = (inner + longest - 1) // longest
    return min(most, max(STEP, (company + STEP - 1) // STEP * STEP))


@compiled
def _push(first, last, after, depth, row):  # type: ignore[no-untyped-def]
    """Put a row at the end of its depth's queue; queues are linked lists in `after`, -1 where one ends."""
    if first[depth] < 0:
        first[depth] = row
    else:
        after[last[depth]] = row
    last[depth] = row
    after[row] = -1


@kernel(twin=_place_twin, dtypes=np.dtype(np.intp).char)
def place_nodes(left: Array, right: Array, most: int, chain: bool) -> tuple[Array, ...]:
    n = left.size
    depth, parent, waiting = np.zeros(n, np.intp), np.full(n, -1, np.intp), np.zeros(n, np.intp)
    inner, deepest = 0, 0
    for row in range(n - 1, -1, -1):
        x, y = left[row], right[row]
        if x >= 0:
            inner += 1
            deepest = max(deepest, depth[row])
            depth[x] = depth[y] = depth[row] + 1
            parent[x] = parent[y] = row
            waiting[row] = (left[x] >= 0) + (left[y] >= 0)
    size = tile_size(inner, deepest + 1, most)
    first, last, after = (
        np.full(deepest + 1, -1, np.intp),
        np.empty(deepest + 1, np.intp),
        np.empty(n, np.intp),
    )
    ready, deep = 0, deepest  # how many there are; none of them is deeper
    leaves = np.empty(n - inner, np.intp)
    leaf = 0
    for row in range(n):
        if left[row] < 0:
            leaves[leaf] = row
            leaf += 1
        elif waiting[row] == 0:
            _push(first, last, after, depth[row], row)
            ready += 1
    nodes, tiles = np.empty((inner, len(NODE)), np.intp), np.empty((inner, 5), np.intp)
    taken, kinds = np.empty(size, np.intp), np.empty(size, np.intp)
    bounds = np.empty(5, np.intp)
    start, count = 0, 0
    while ready:
        m = min(size, ready)
        bounds[:] = 0
        for k in range(m):
            while first[deep] < 0:
                deep -= 1
            row = first[deep]
            first[deep] = after[row]
            taken[k] = row
            kinds[k] = _kind(left[left[row]] >= 0, left[right[row]] >= 0)
            bounds[kinds[k] + 1] += 1
        ready -= m
        for k in range(4):
            bounds[k + 1] += bounds[k]
        for k in range(5):
            tiles[count, k] = start + bounds[k]
        count += 1
        for k in range(m):
            row, kind = taken[k], kinds[k]
            nodes[start + bounds[kind], 0] = row
            bounds[kind] += 1
            above = parent[row]
            if above >= 0:
                waiting[above] -= 1
                if waiting[above] == 0:
                    _push(first, last, after, depth[above], above)
                    ready += 1
                    deep = max(deep, depth[above])
        start += m
    if chain:
        for k in range(leaves.size):
            parent[leaves[k]] = k
    for k in range(inner):
        x, y = left[nodes[k, 0]], right[nodes[k, 0]]
        nodes[k, 1], nodes[k, 2] = x, parent[y] if chain else y
        nodes[k, 3], nodes[k, 4] = left[x] < 0, left[y] < 0
    return tiles[:count], nodes, leaves


def order(left: Array, right: Array, chain: bool = False, most: int = TILE) -> Order:
    """Cut the inner nodes into tiles of nodes that are ready together, deepest path first.

    Parameters
    ----------
    left, right : intp arrays (N,)
        Rows of the children, in earlier rows than their parent; -1 at leaves.
    chain : bool
        Whether all right children are leaves whose numbers are wanted.
    most : int
        The most nodes in a tile.
    """
    return Order(*place_nodes(left, right, most, chain))
