"""The graph that forward builds and backward walks.

A `Node` stands for one computed value. It knows the nodes it was computed from (`parents`) and, for each
of them, a function that carries a cotangent back to it (`vjps`). It does not know tensors and does not
know its consumers, so there are no reference cycles: when the last tensor goes, the graph goes.

Nodes carry a growing `id`. A value can only be computed from older values, so walking the ids downwards
visits every node after all of its consumers: the topological order costs one sort of integers, and
neither the walk nor the collection of nodes recurses.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, SparseRows, accumulate
from minigrad.errors import GraphError, ShapeError

VJP = Callable[[Any], Any]

new_id = itertools.count(1).__next__


class State(threading.local):
    """What is in force in this thread while a graph is built or walked."""

    def __init__(self) -> None:
        self.recording_graph = True  # False inside `no_grad`
        self.scope: object | None = None  # what the ops being run belong to; printed by str()
        self.fold: Any = None  # the running fold, which forbids control flow on values
        self.record: Any = None  # the GradientRecord of `record_gradients`
        self.values: Any = None  # the ValueRecord of `record_values`


state = State()


class Gradient:
    """Where backward leaves a derivative; shared by a node and every tensor that stands for it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: np.ndarray | SparseRows | None = None


class Storage:
    """The memory that a leaf and its views share; remembers when it was last changed in place."""

    __slots__ = ("changed",)

    def __init__(self) -> None:
        self.changed = 0


class Node:
    """One value of the graph.

    Attributes
    ----------
    id : int
        Grows with creation; consumers always have larger ids than what they consume.
    op : Operation or None
        Name, derivative formula and rules of the primitive; None for a leaf.
    parents : tuple of Node
        The operands that require a gradient. An operand that was used twice stands here twice.
    vjps : tuple of functions, or None
        One per parent: cotangent of this value -> contribution to the parent's. None once freed.
    shape, dtype
        Of the value. The value itself is not kept, unless a vjp needs it.
    scope : object or None
        What the op was computed for, for instance a tree node; `str(scope)` describes it.
    storages : tuple of Storage
        Memory that the vjps may read and that can be changed in place.
    gradient : Gradient or None
        For leaves and retained values.
    norm : float or None
        Norm of the cotangent in the last backward under `record_gradients`.
    value : array, Summary or None
        What `record_values` kept of the value.
    place : int, slice, tuple, array or None
        The rows or index that the op read or wrote in its first operand.
    """

    __slots__ = (
        "dtype", "gradient", "id", "name", "norm", "op", "parents", "place", "scope", "shape", "storages",
        "value", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        op: Any,
        parents: tuple[Node, ...],
        vjps: tuple[VJP, ...],
        value: np.ndarray,
        storages: tuple[Storage, ...] = (),
        name: str | None = None,
    ) -> None:
        self.id = new_id()
        self.op = op
        self.parents = parents
        self.vjps: tuple[VJP, ...] | None = vjps
        self.shape = value.shape
        self.dtype = value.dtype
        self.scope = state.scope
        self.storages = storages
        self.gradient: Gradient | None = None
        self.norm: float | None = None
        self.value: Any = None
        self.name = name
        self.place: Any = None

    def __repr__(self) -> str:
        op = self.op.name if self.op else self.name or "leaf"
        return f"<Node {self.id} {op} {self.shape}>"


def reachable(root: Node) -> list[Node]:
    """Return every node that `root` was computed from, and `root`, newest first."""
    seen = {root.id: root}
    stack = [root]
    while stack:
        for parent in stack.pop().parents:
            if parent.id not in seen:
                seen[parent.id] = parent
                stack.append(parent)
    return [seen[key] for key in sorted(seen, reverse=True)]


def backward(root: Node, cotangent: np.ndarray, retain_graph: bool = False) -> None:
    """Carry `cotangent` from `root` back to every leaf, adding up where paths meet.

    A cotangent of a value v is ∂J/∂v, an array of v's shape. When a node's turn comes, all its consumers
    have contributed, so its cotangent is complete; it is handed to the node's vjps and dropped. The vjps
    and the arrays they keep are dropped too, unless `retain_graph`.
    """
    cotangents: dict[int, Cotangent] = {root.id: cotangent}
    owned: set[int] = set()  # cotangents in memory of our own, which may be added to in place
    record = state.record
    for node in reachable(root):
        g = cotangents.pop(node.id, None)
        if g is None:  # reachable, but through operands that carry no derivative
            continue
        if not g.shape:
            g = np.asarray(g)  # NumPy's arithmetic turns arrays without axes into scalars
        op = node.op
        if op is None:
            assert node.gradient is not None
            add_to_leaf(node.gradient, g, node.id in owned)
        else:
            g = op.accept(g)
            if node.gradient is not None:
                node.gradient.value = op.retained(g)
        if record is not None:
            record.add(node, g)
        if op is None:
            continue
        if node.vjps is None:
            raise _freed(node)
        for storage in node.storages:
            if storage.changed > node.id:
                raise _changed(node)
        for parent, vjp in zip(node.parents, node.vjps, strict=True):
            part = vjp(g)
            if part.shape != parent.shape:
                raise _misshapen(node, parent, part)
            if part.dtype != parent.dtype:
                part = part.astype(parent.dtype)
            previous = cotangents.get(parent.id)
            if previous is None:
                cotangents[parent.id] = part
                if op.fresh:
                    owned.add(parent.id)
            else:
                cotangents[parent.id] = accumulate(previous, part, parent.id in owned)
                owned.add(parent.id)
        if not retain_graph:
            node.vjps = None
            node.storages = ()


def add_to_leaf(gradient: Gradient, g: Cotangent, owned: bool) -> None:
    """Add a derivative to where a leaf keeps its own; in memory that nobody else holds, if `owned`."""
    if gradient.value is None:
        # A vjp may pass its own cotangent on: never let two leaves share one array.
        gradient.value = g if owned else g.copy()
    else:
        total = accumulate(gradient.value, g, owned=False)
        gradient.value = total if total.shape else np.asarray(total)


def _freed(node: Node) -> GraphError:
    return GraphError(
        f"backward reached {node.op.name} (node {node.id}) whose graph has been freed by an earlier "
        "backward; run the forward pass again, or call the first backward with retain_graph=True"
    )


def _changed(node: Node) -> GraphError:
    return GraphError(
        f"an operand of {node.op.name} (node {node.id}) was changed in place after it was used, so "
        "its derivative can no longer be computed; call backward before the change"
    )


def _misshapen(node: Node, parent: Node, part: Cotangent) -> ShapeError:
    return ShapeError(
        f"the vjp of {node.op.name} (node {node.id}) returned a cotangent of shape {part.shape} "
        f"for an operand of shape {parent.shape}; a cotangent has the operand's shape "
        "(is an un-broadcast missing?)"
    )


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without building a graph: evaluation, and in-place changes of parameters."""
    before = state.recording_graph
    state.recording_graph = False
    try:
        yield
    finally:
        state.recording_graph = before


@contextmanager
def scope(name: object) -> Iterator[None]:
    """Say what the ops of this block belong to; shown by `explain`, pictures, records and errors.

    `name` is printed by ``str`` only when it is needed, so an object with a lazy ``__str__`` costs nothing.
    """
    before = state.scope
    state.scope = name
    try:
        yield
    finally:
        state.scope = before
