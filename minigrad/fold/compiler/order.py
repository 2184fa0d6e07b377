"""In which order a minibatch's nodes are computed, and in which company."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel

Array = np.ndarray


def _classes(left: Array, right: Array, inner: Array) -> Array:
    left_inner, right_inner = left[left[inner]] >= 0, left[right[inner]] >= 0
    return np.where(left_inner, np.where(right_inner, 2, 3), np.where(right_inner, 1, 0))


def _tiles_twin(left: Array, right: Array, height: Array, size: int) -> tuple[Array, Array]:
    inner = np.flatnonzero(left >= 0)
    key = 4 * height[inner] + _classes(left, right, inner)
    order = np.argsort(key, kind="stable")
    rows, key = inner[order], key[order]
    tiles = []
    start = 0
    while start < len(rows):
        stop = start
        while stop < len(rows) and stop < start + size and key[stop] // 4 == key[start] // 4:
            stop += 1
        classes = key[start:stop] % 4
        tiles.append([start, *(start + int((classes < c).sum()) for c in (1, 2, 3)), stop])
        start = stop
    return rows, np.array(tiles, np.intp).reshape(-1, 5)


@kernel(twin=_tiles_twin, dtypes=np.dtype(np.intp).char)
def tiles(left: Array, right: Array, height: Array, size: int) -> tuple[Array, Array]:
    """Cut the inner nodes into tiles of nodes that are ready together, lowest first.

    Within a tile, nodes are ordered by which children are leaves: both, the left, neither, the right. So
    those with an inner left child stand together, and so do those with an inner right child.

    Parameters
    ----------
    left, right, height : intp arrays (N,)
    size : int
        The most nodes in a tile.

    Returns
    -------
    intp array (number of inner nodes,)
        Their rows, in the order in which they are computed.
    intp array (tiles, 5)
        The places, in that order, where a tile begins, where nodes with an inner right child begin, those
        with an inner left child too, those with a leaf right again, and where the tile ends.
    """
    n, highest = 0, 0
    for row in range(left.size):
        if left[row] >= 0:
            n += 1
            highest = max(highest, height[row])
    start = np.zeros(4 * highest + 5, np.intp)
    key = np.empty(left.size, np.intp)
    for row in range(left.size):
        if left[row] >= 0:
            left_inner, right_inner = left[left[row]] >= 0, left[right[row]] >= 0
            c = (2 if right_inner else 3) if left_inner else (1 if right_inner else 0)
            key[row] = 4 * height[row] + c
            start[key[row] + 1] += 1
    for k in range(1, start.size):
        start[k] += start[k - 1]
    bounds = start.copy()
    rows = np.empty(n, np.intp)
    for row in range(left.size):
        if left[row] >= 0:
            rows[start[key[row]]] = row
            start[key[row]] += 1
    count = 0
    for h in range(1, highest + 1):
        count += (bounds[4 * h + 4] - bounds[4 * h] + size - 1) // size
    out = np.empty((count, 5), np.intp)
    k = 0
    for h in range(1, highest + 1):
        a = bounds[4 * h]
        while a < bounds[4 * h + 4]:
            b = min(a + size, bounds[4 * h + 4])
            out[k, 0], out[k, 4] = a, b
            for c in range(1, 4):
                out[k, c] = min(max(bounds[4 * h + c], a), b)
            k += 1
            a = b
    return rows, out
