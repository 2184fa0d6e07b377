"""Data flow: from which values each value of a graph comes.

These are its parents, except where rows are written. The states of a fold are one array that is written row
by row, so that in the graph every read depends on the last write before it, whatever rows that wrote (see
`minigrad.fold.state`). Here a read comes from the writes of *its* rows: a tree node from its children.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.graph import Node


class Flow:
    """Where the values of a graph come from.

    Parameters
    ----------
    nodes : sequence of Node
        All nodes that the result was computed from, and the result, oldest first.

    Attributes
    ----------
    sources : dict of id -> list of Node
        The nodes that a node's value comes from, in the order of its operands; one that was used twice
        occurs twice.
    array : dict of id -> Node
        For reads and writes of an array that is written row by row: the node of its first version.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        # By array: for each row the last write, as a position in nodes.
        self._writer: dict[int, np.ndarray] = {}
        self.sources: dict[int, list[Node]] = {}
        self.array: dict[int, Node] = {}
        for k, node in enumerate(nodes):
            if node.op is not None and node.op.writes:
                self.sources[node.id] = self._write(k, node)
            else:
                self.sources[node.id] = self._read(node)

    def _write(self, k: int, node: Node) -> list[Node]:
        if not node.parents:
            self.array[node.id] = node
            self._writer[node.id] = np.full(node.shape[0], k)
            return []
        previous, *values = node.parents
        start = self.array[node.id] = self.array[previous.id]
        self._writer[start.id][node.meta.index] = k
        # A write does not read the writes before it; the first one reads the initial array.
        return [previous, *values] if previous is start else values

    def _read(self, node: Node) -> list[Node]:
        sources: list[Node] = []
        for position, parent in enumerate(node.parents):
            start = self.array.get(parent.id) if parent.op is not None and parent.op.writes else None
            if start is None:
                sources.append(parent)
                continue
            self.array[node.id] = start
            index = node.meta.index if position == 0 else None
            sources += (self._nodes[k] for k in np.unique(_rows(self._writer[start.id], index)))
        return sources


def _rows(writer: np.ndarray, index: Any) -> np.ndarray:
    """Return the last writes of the rows that an index selects; of all rows, if it selects elements."""
    first = index[0] if isinstance(index, tuple) and index else index
    try:
        return np.atleast_1d(writer[... if first is None else first])
    except IndexError:  # a mask over several axes
        return writer


def index_text(index: Any) -> str:
    """Return an index as text in brackets, '' for none; a long one as its number of rows."""
    if index is None:
        return ""
    parts = [_index_text(part) for part in (index if isinstance(index, tuple) else (index,))]
    return f"[{', '.join(parts)}]"


def _index_text(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, str(part.step)])
    if part is Ellipsis:
        return "…"
    if not isinstance(part, np.ndarray):
        return str(part)
    if part.dtype == np.bool_:
        return f"mask of {np.count_nonzero(part)}"
    return " ".join(map(str, part.ravel())) if part.size <= 6 else f"{part.size} rows"
