"""Recording what passes through a graph: values forward, the norms of cotangents backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.context import observing
from minigrad.cotangent import Cotangent, SparseRows, as_dense
from minigrad.graph import Node, Observer

KEPT = 16  # elements: a value with more is summarised


class Entry(NamedTuple):
    """One visit of backward: the node's id, op, scope, and the Euclidean norm of its cotangent."""

    id: int
    op: str
    scope: object | None
    norm: float


class GradientRecord(Observer):
    """The nodes that backward visited under `record_gradients`, in the order of the visits."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def visited(self, node: Node, cotangent: Cotangent) -> None:
        """Record the norm of a node's complete cotangent, here and in the node."""
        dense = cotangent.summed().values if isinstance(cotangent, SparseRows) else as_dense(cotangent)
        norm = kernels.euclidean_norm(np.asarray(dense))
        node.note(norm=norm)
        self.entries.append(Entry(node.id, node.title, node.meta.scope, norm))

    @property
    def norms(self) -> dict[int, float]:
        """Norm by node id, of the node's last visit."""
        return {entry.id: entry.norm for entry in self.entries}

    def __len__(self) -> int:
        return len(self.entries)


@contextmanager
def record_gradients() -> Iterator[GradientRecord]:
    """Record the norm of the cotangent of every node that a backward in this block visits.

    Only norms are kept, not the cotangents: in the returned record, by node id and scope, and in the graph,
    where `explain` and pictures show them. Without this block, recording costs nothing.
    """
    record = GradientRecord()
    with observing(record):
        yield record


class Summary(NamedTuple):
    """What is kept of a large value: statistics of its finite elements, and how many are not finite."""

    min: float
    mean: float
    max: float
    broken: int


class ValueRecord(Observer):
    """Keeps values in the nodes of the graph that is being built."""

    def built(self, node: Node, value: np.ndarray, operands: tuple[Any, ...]) -> None:
        """Keep what an op computed, and the leaves that it read."""
        node.note(value=kept(value))
        for operand in operands:
            leaf = getattr(operand, "node", None)
            if leaf is not None and leaf.op is None:
                leaf.note(value=kept(operand.data))


@contextmanager
def record_values() -> Iterator[None]:
    """Keep the values of the graph that is built in this block, for `explain` and pictures to show.

    A value of up to 16 elements is copied into its node; of a larger one the minimum, mean and maximum of its
    finite elements are kept. A leaf's value is the one that the last op read. Without this block, recording
    costs nothing.
    """
    with observing(ValueRecord()):
        yield


def value_lines(value: np.ndarray | Summary, number: Callable[[float], str]) -> list[str]:
    """Return a kept value as text: a line per row of an array, or one line for a summary."""
    if isinstance(value, Summary):
        broken = f", {value.broken} not finite" if value.broken else ""
        return [f"{number(value.min)} … {number(value.max)}, mean {number(value.mean)}{broken}"]
    if not value.ndim:
        return [number(float(value))]
    rows = value.reshape(-1, value.shape[-1]) if value.size else np.zeros((1, 0))
    return ["[" + " ".join(number(float(element)) for element in row) + "]" for row in rows]


def kept(value: np.ndarray, most: int = KEPT) -> np.ndarray | Summary:
    """Return a copy of a value, or a summary if it has more than `most` elements."""
    if value.size <= most:
        return value.copy()
    finite = value[np.isfinite(value)]
    broken = value.size - finite.size
    if not finite.size:
        return Summary(np.nan, np.nan, np.nan, broken)
    mean = finite.mean(dtype=np.float64)
    return Summary(float(finite.min()), float(mean), float(finite.max()), broken)
