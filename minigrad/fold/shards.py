"""A minibatch in parts: groups of whole trees, of about equal size, that are computed one apart from another.

What a part keeps for backward stays in the processor's cache, and several threads can work on one minibatch.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from minigrad.fold.schedule import Trees

Array = np.ndarray
# Inner nodes. More, and there is less to share; fewer, and one thread pays: two shards of 500 nodes take an
# eighth more time than one of 1,000 (RLSTM, D 50).
SIZE = 1400
# Nodes that are ready at once, on average, in a shard at least: 20 chains take a fifth less time in one piece
# than in two shards.
READY = 16


class Rooted(Trees, Protocol):
    """Binary trees that know the rows of their roots.

    The rows of a tree end with its root, and follow those of the tree before.
    """

    root: Array


@dataclass
class Shard:
    """Some trees of a forest, as a forest of their own.

    Attributes
    ----------
    rows : intp (n,)
        Their nodes in the whole forest, ascending; what follows counts in these.
    left, right, height : intp (n,)
    root : intp (trees,)
    """

    rows: Array
    left: Array
    right: Array
    height: Array
    root: Array

    def own(self, rows: Array) -> Array:
        """Return those rows of the whole forest that belong to the shard, as rows of the shard."""
        at = np.searchsorted(self.rows, rows)
        at[at == len(self.rows)] = 0
        return at[self.rows[at] == rows]


def shard_count(forest: Rooted, size: int = SIZE, ready: int = READY) -> int:
    """Return how many shards a forest is cut in; 1 if it is computed in one piece.

    No more than trees with an inner node: the largest trees go to different shards, so that each gets one.
    """
    inner = len(forest.left) // 2
    if inner <= size:
        return 1
    heights = forest.height[forest.root]
    trees, longest = int(np.count_nonzero(heights)), int(heights.max())
    return max(1, min(-(-inner // size), trees, inner // (longest * ready)))


def shards(forest: Rooted, size: int = SIZE, ready: int = READY) -> list[Shard]:
    """Cut a forest in shards, or return no shard if it is small enough to be computed in one piece.

    How many there are, and which trees belong to which, depends on the forest alone: the largest tree left
    goes to the shard that is the smallest so far (longest processing time first, Graham 1969).
    """
    count = shard_count(forest, size, ready)
    if count < 2:
        return []
    nodes = np.diff(forest.root, prepend=-1)
    smallest = [(0, k) for k in range(count)]
    trees: list[list[int]] = [[] for _ in smallest]
    for tree in np.argsort(-nodes, kind="stable").tolist():
        total, k = smallest[0]
        trees[k].append(tree)
        heapq.heapreplace(smallest, (total + int(nodes[tree]), k))
    new = np.full(len(forest.left) + 1, -1)  # rows in the shards; of no child, which is -1, it is -1
    return [_shard(forest, nodes, np.sort(own), new) for own in trees]


def _shard(forest: Rooted, nodes: Array, trees: Array, new: Array) -> Shard:
    ends = np.cumsum(nodes[trees])
    rows = np.arange(ends[-1]) + np.repeat(forest.root[trees] + 1 - ends, nodes[trees])
    new[rows] = np.arange(len(rows))
    return Shard(rows, new[forest.left[rows]], new[forest.right[rows]], forest.height[rows], ends - 1)
