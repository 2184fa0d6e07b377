"""A tidy layout of trees: where boxes of different sizes stand, and where the branches between them run.

The drawing is that of Reingold and Tilford (1981) for any number of children, in linear time as given by
Buchheim, Jünger and Leipert (2002): subtrees are moved together until they nearly touch, smaller ones are
spread between larger ones, and every parent stands over the middle of its children. Boxes have sizes of their
own, and outlines are followed by height instead of level, as by van der Ploeg (2014). Here an outline also
contains the branches, which are slanted lines: so no branch runs through a box or across another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LEVEL_GAP = 26.0  # points between the lowest box of a level and the next level
_BOX_ROOM, _LINE_ROOM = 4.3, 2.0  # points that are kept free on both sides of a box and of a branch

_BRANCH, _STUB, _BOX = 0, 1, 2  # the pieces of an outline, from a parent down to a child's lower border

# A piece, and the sum of the shifts from the root of the outline's tree down to the piece's node.
_At = tuple[int, int, float]


@dataclass(frozen=True)
class Tidy:
    """A drawing; x grows to the right and y downwards, from 0.

    Attributes
    ----------
    x, y : list of float, one per node
        The centre and the upper border of its box.
    branches : list of list of (float, float), one per node
        The corners of the line from the parent's lower border to the box's upper one; empty for the root.
    width, height : float
    """

    x: list[float]
    y: list[float]
    branches: list[list[tuple[float, float]]]
    width: float
    height: float


def tidy(
    parents: Sequence[int], widths: Sequence[float], heights: Sequence[float], *, align: bool = False
) -> Tidy:
    """Return the tidy drawing of a tree, in time and memory linear in the number of its nodes.

    Parameters
    ----------
    parents : sequence of int
        Of every node in pre-order its parent's index, -1 for the root, which comes first.
    widths, heights : sequence of float
        The size of every node's box, in points.
    align : bool
        Draw all leaves on the lowest level. The branch to a leaf bends once, where its box would stand.
    """
    drawing = _Drawing(parents, widths, heights, align)
    for node in reversed(range(len(parents))):
        drawing.join(node)
    return drawing.result()


@dataclass
class _Drawing:
    """The drawing while it grows from the leaves to the root.

    A node's centre is its `prelim` plus the `mod` of itself and of all its ancestors, so that moving a
    subtree is one addition. `el` is the node in which a subtree's left outline ends and `msel` the sum of
    `mod` there; from it a thread leads on to the next deeper piece of the outline, with what to add to that
    sum. `er`, `mser`: on the right.
    """

    parents: Sequence[int]
    widths: Sequence[float]
    heights: Sequence[float]
    align: bool
    children: list[list[int]] = field(init=False)
    level: list[float] = field(init=False)  # the upper border of the node's level
    top: list[float] = field(init=False)  # that of its box
    low: list[float] = field(init=False)  # the lower border of its box

    def __post_init__(self) -> None:
        n = len(self.parents)
        self.children = [[] for _ in range(n)]
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                self.children[parent].append(node)
        self._set_heights()
        self.prelim, self.mod = [0.0] * n, [0.0] * n
        self.shift, self.change = [0.0] * n, [0.0] * n  # of Buchheim's spreading
        self.el, self.er = list(range(n)), list(range(n))
        self.msel, self.mser = [0.0] * n, [0.0] * n
        self.left_thread: dict[int, _At] = {}
        self.right_thread: dict[int, _At] = {}

    def _set_heights(self) -> None:
        depth = [0] * len(self.parents)
        for node, parent in enumerate(self.parents):
            depth[node] = depth[parent] + 1 if parent >= 0 else 0
        deepest = max(depth)
        row = [
            deepest if self.align and not below else at
            for at, below in zip(depth, self.children, strict=True)
        ]
        tallest = [0.0] * (deepest + 1)
        for at, height in zip(row, self.heights, strict=True):
            tallest[at] = max(tallest[at], height)
        tops = [0.0]
        for height in tallest[:-1]:
            tops.append(tops[-1] + height + LEVEL_GAP)
        self.level = [tops[d] for d in depth]
        self.top = [tops[at] for at in row]
        self.low = [top + height for top, height in zip(self.top, self.heights, strict=True)]
        self.height = tops[-1] + tallest[-1]

    def join(self, node: int) -> None:
        """Move the finished subtrees of a node's children together, and set the node over them."""
        family = self.children[node]
        if not family:
            return
        # Siblings that can be seen from the right, by their lower ends: the last one is the nearest.
        seen = [(self.low[self.er[family[0]]], 0)]
        for i in range(1, len(family)):
            lowest = self.low[self.er[family[i]]]
            self._separate(family, i, seen)
            while seen and lowest >= seen[-1][0]:
                seen.pop()
            seen.append((lowest, i))
        first, last = family[0], family[-1]
        self.prelim[node] = (self.prelim[first] + self.mod[first] + self.prelim[last] + self.mod[last]) / 2
        self.el[node], self.msel[node] = self.el[first], self.msel[first]
        self.er[node], self.mser[node] = self.er[last], self.mser[last]

    def _separate(self, family: list[int], i: int, seen: list[tuple[float, int]]) -> None:
        """Move the i-th subtree to the right of those before it, following the outlines between them."""
        before, here = family[i - 1], family[i]
        y = self.level[here]
        right: _At | None = (self._first(before), before, self.mod[before])
        left: _At | None = (self._first(here), here, self.mod[here])
        nearest = len(seen) - 1
        first = True
        while right is not None and left is not None:
            right_end, left_end = self._end(right), self._end(left)
            end = min(right_end, left_end)
            while seen[nearest][0] < end:
                nearest -= 1
            over = max(self._edge(right, at, 1) - self._edge(left, at, -1) for at in (y, end))
            if over > 0 or first:
                self._move(family, i, seen[nearest][1], over)
                left = (left[0], left[1], left[2] + over)
            first, y = False, end
            if right_end <= end:
                right = self._next(right, -1, self.right_thread)
            if left_end <= end:
                left = self._next(left, 0, self.left_thread)
        if left is not None:  # this subtree is deeper than those before it
            self._thread(self.left_thread, self.el[family[0]], self.msel[family[0]], left)
            self.el[family[0]], self.msel[family[0]] = self.el[here], self.msel[here]
        elif right is not None:
            self._thread(self.right_thread, self.er[here], self.mser[here], right)
            self.er[here], self.mser[here] = self.er[before], self.mser[before]

    def _move(self, family: list[int], i: int, nearest: int, by: float) -> None:
        """Move the i-th subtree, and those between it and the one that it ran into by a part of that.

        Those between are shorter than both, so that they lie on no outline: `result` moves them.
        """
        here = family[i]
        self.mod[here] += by
        self.msel[here] += by
        self.mser[here] += by
        if nearest < i - 1:
            part = by / (i - nearest)
            self.shift[family[nearest + 1]] += part
            self.shift[here] -= part
            self.change[here] -= by - part

    def _first(self, node: int) -> int:
        """Return the piece of a subtree that stands on its level."""
        return _STUB if self.level[node] < self.top[node] else _BOX

    def _end(self, at: _At) -> float:
        """Return where a piece ends, downwards."""
        piece, node, _ = at
        if piece == _BOX:
            return self.low[node]
        return self.top[node] if piece == _STUB else self.level[node]

    def _edge(self, at: _At, y: float, side: int) -> float:
        """Return the x of a piece at a height, with the room that it needs; `side`: 1 right, -1 left."""
        piece, node, shifted = at
        x = shifted + self.prelim[node]
        if piece == _BOX:
            return x + side * (self.widths[node] / 2 + _BOX_ROOM)
        if piece == _BRANCH:
            parent = self.parents[node]
            start, end = self.low[parent], self.level[node]
            from_x = shifted - self.mod[node] + self.prelim[parent]
            x = from_x + (x - from_x) * (y - start) / (end - start)
        return x + side * _LINE_ROOM

    def _next(self, at: _At, side: int, threads: dict[int, _At]) -> _At | None:
        """Return the next deeper piece of an outline; `side`: 0 for the left one, -1 for the right one."""
        piece, node, shifted = at
        if piece == _BRANCH:
            return self._first(node), node, shifted
        if piece == _STUB:
            return _BOX, node, shifted
        if family := self.children[node]:
            return _BRANCH, family[side], shifted + self.mod[family[side]]
        if node not in threads:
            return None
        piece, other, more = threads[node]
        return piece, other, shifted + more

    @staticmethod
    def _thread(threads: dict[int, _At], end: int, shifted: float, to: _At) -> None:
        piece, node, sum_there = to
        threads[end] = (piece, node, sum_there - shifted)

    def result(self) -> Tidy:
        """Return the drawing, once all nodes are joined."""
        sums = self.mod[:]
        for node, family in enumerate(self.children):
            moved = more = 0.0
            for child in family:
                moved += self.shift[child]
                more += moved + self.change[child]
                sums[child] += sums[node] + more
        x = [prelim + total for prelim, total in zip(self.prelim, sums, strict=True)]
        left = min(at - width / 2 for at, width in zip(x, self.widths, strict=True))
        x = [at - left for at in x]
        branches = [self._branch(node, x) for node in range(len(x))]
        width = max(at + width / 2 for at, width in zip(x, self.widths, strict=True))
        return Tidy(x, self.top, branches, width, self.height)

    def _branch(self, node: int, x: list[float]) -> list[tuple[float, float]]:
        parent = self.parents[node]
        if parent < 0:
            return []
        bend, end = (x[node], self.level[node]), (x[node], self.top[node])
        corners = [(x[parent], self.low[parent]), bend, end]
        straight = bend == end or x[node] == x[parent]
        return [corners[0], end] if straight else corners
