"""record_gradients: how large the cotangents were, node by node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.cotangent import Cotangent, SparseRows, as_dense
from minigrad.graph import Node, state


class Entry(NamedTuple):
    """One visit of backward: the node's id, op, scope, and the Euclidean norm of its cotangent."""

    id: int
    op: str
    scope: object | None
    norm: float


class GradientRecord:
    """What backward met while `record_gradients` was on, in the order of its visits."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, node: Node, g: Cotangent) -> None:
        """Note the norm of a node's complete cotangent, here and in the node."""
        dense = g.summed().values if isinstance(g, SparseRows) else as_dense(g)
        node.norm = float(np.sqrt(kernels.squared_norm(np.asarray(dense))))
        name = node.op.name if node.op is not None else node.name or "leaf"
        self.entries.append(Entry(node.id, name, node.scope, node.norm))

    @property
    def norms(self) -> dict[int, float]:
        """Norm by node id; of the last visit, if backward came more than once."""
        return {entry.id: entry.norm for entry in self.entries}

    def by_scope(self) -> dict[str, list[Entry]]:
        """Entries by what their ops belonged to, as text; '' for no scope."""
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            groups["" if entry.scope is None else str(entry.scope)].append(entry)
        return dict(groups)

    def __len__(self) -> int:
        return len(self.entries)


@contextmanager
def record_gradients() -> Iterator[GradientRecord]:
    """Keep the norm of the cotangent of every node that a backward in this block visits.

    Only numbers are kept, not the cotangents. They are in the returned record, by node id and scope, and in
    the graph, where `explain` and `graph_dot` show them. Off, this costs nothing.
    """
    before = state.record
    state.record = record = GradientRecord()
    try:
        yield record
    finally:
        state.record = before
