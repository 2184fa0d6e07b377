"""The graph that forward builds and backward walks.

A `Node` stands for one computed value. It knows the nodes it was computed from (`parents`) and, for each of
them, a function that carries a cotangent back to it (`vjps`). It knows neither tensors nor its consumers, so
there are no reference cycles: when the last tensor goes, the graph goes.

Nodes carry a growing `id`. A value can only be computed from older values, so walking the ids downwards
visits every node after all of its consumers: the topological order costs one sort of integers, and neither
the walk nor the collection of nodes recurses.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, Cotangents, Gradient
from minigrad.errors import GraphError, ShapeError

VJP = Callable[[Any], Any]

new_id = itertools.count(1).__next__


class Storage:
    """The memory that a leaf and its views share, and when it was last changed in place."""

    __slots__ = ("changed",)

    def __init__(self) -> None:
        self.changed = 0


@dataclass(slots=True)
class Meta:
    """What pictures and messages tell of a node; the derivative does not depend on it.

    All nodes of a scope share one until more is known of a node, so it is never changed (see `Node.note`).

    Attributes
    ----------
    scope : object or None
        What the op was computed for, for instance a tree node; `str(scope)` describes it.
    name : str or None
        Of a leaf, or of an array that is written row by row.
    index : int, slice, tuple, array or None
        What the op read or wrote of its first operand.
    norm : float or None
        Norm of the cotangent in the last backward under `record_gradients`.
    value : array, Summary or None
        What `record_values` kept of the value.
    """

    scope: object | None = None
    name: str | None = None
    index: Any = None
    norm: float | None = None
    value: Any = None


NO_META = Meta()


class Node:
    """One value of the graph.

    Attributes
    ----------
    id : int
        Grows with creation; consumers always have larger ids than what they consume.
    op : Operation or None
        The primitive that computed the value; None for a leaf.
    parents : tuple of Node
        The operands that require a gradient. An operand that was used twice stands here twice.
    vjps : tuple of functions, or None
        One per parent: cotangent of this value -> contribution to the parent's. None once freed.
    shape, dtype
        Of the value. The value itself is not kept, unless a vjp needs it.
    storages : tuple of Storage
        Memory that the vjps may read and that can be changed in place.
    gradient : Gradient or None
        Where backward stores the derivative: of leaves, and of other nodes on request.
    meta : Meta
    """

    __slots__ = ("dtype", "gradient", "id", "meta", "op", "parents", "shape", "storages", "vjps")

    def __init__(
        self,
        op: Any,
        parents: tuple[Node, ...],
        vjps: tuple[VJP, ...],
        value: np.ndarray,
        storages: tuple[Storage, ...] = (),
        meta: Meta = NO_META,
    ) -> None:
        self.id = new_id()
        self.op = op
        self.parents = parents
        self.vjps: tuple[VJP, ...] | None = vjps
        self.shape = value.shape
        self.dtype = value.dtype
        self.storages = storages
        self.gradient: Gradient | None = None
        self.meta = meta

    @classmethod
    def leaf(cls, value: np.ndarray, meta: Meta = NO_META) -> Node:
        """Return the node of a value that was not computed and whose derivative is wanted."""
        node = cls(None, (), (), value, (), meta)
        node.gradient = Gradient()
        return node

    @property
    def title(self) -> str:
        """The op's name; for a leaf its own, or 'leaf'."""
        return str(self.op.name) if self.op is not None else self.meta.name or "leaf"

    def note(self, **facts: Any) -> None:
        """Replace `meta` by one that tells more."""
        self.meta = replace(self.meta, **facts)

    def __reduce__(self) -> str:
        raise GraphError(
            f"node {self.id} ({self.title}) can't be copied or pickled: an id belongs to one node; copy leaf "
            "tensors instead, or values"
        )

    def __repr__(self) -> str:
        return f"<Node {self.id} {self.title} {self.shape}>"


class Observer:
    """Is told what happens to a graph. The methods do nothing: override what is of interest."""

    def built(self, node: Node, value: np.ndarray, operands: tuple[Any, ...]) -> None:
        """An op has computed `value` from `operands` and recorded `node`."""

    def visited(self, node: Node, cotangent: Cotangent) -> None:
        """Backward has reached `node`, whose cotangent is complete."""


def reachable(root: Node) -> list[Node]:
    """Return every node that `root` was computed from, and `root`, newest first."""
    found, seen = [root], {root}
    for node in found:  # the list grows while it is walked
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
    return sorted(found, key=attrgetter("id"), reverse=True)


def backward(
    root: Node, cotangent: np.ndarray, retain_graph: bool = False, observers: Sequence[Observer] = ()
) -> None:
    """Carry `cotangent` from `root` back to every leaf: the chain rule, adding up where paths meet.

    A cotangent of a value v is ∂J/∂v, an array of v's shape. When a node's turn comes, all its consumers
    have contributed, so its cotangent is complete; it is handed to the node's vjps and dropped. The vjps
    and the arrays they keep are dropped too, unless `retain_graph`.
    """
    cotangents = Cotangents(root.id, cotangent)
    for node in reachable(root):
        g, op = cotangents.pop(node.id, None), node.op
        if g is None:
            raise out_of_order(node.id)
        if isinstance(g, np.generic):
            g = np.asarray(g)  # NumPy's arithmetic turns arrays without axes into scalars
        if op is not None:
            g = op.accept(g)
        for observer in observers:
            observer.visited(node, g)
        if op is None:
            node.gradient.add(g, node.id in cotangents.owned)  # type: ignore[union-attr]
            continue
        if node.gradient is not None:
            node.gradient.value = op.retained(g)
        if node.vjps is None:
            raise freed(node)
        for storage in node.storages:
            if storage.changed > node.id:
                raise changed(node)
        for parent, vjp in zip(node.parents, node.vjps):  # noqa: B905 (strict costs a tenth of the walk)
            part = vjp(g)
            if getattr(part, "shape", None) != parent.shape:
                raise misshapen(node, parent, part)
            cotangents.add(parent.id, part, parent.dtype, op.fresh)
        if not retain_graph:
            node.vjps, node.storages = None, ()
    if cotangents:
        raise out_of_order(*cotangents)


def usable_vjps(node: Node) -> tuple[VJP, ...]:
    """Return a node's vjps, unless it has been freed, or what they read was changed, as `backward` checks."""
    if node.vjps is None:
        raise freed(node)
    if any(storage.changed > node.id for storage in node.storages):
        raise changed(node)
    return node.vjps


def out_of_order(*ids: int) -> GraphError:
    """Return the error for nodes whose cotangents did not all come before their turn, or to another node."""
    return GraphError(
        f"gradients were lost at node {', '.join(map(str, ids))}: a node needs an id of its own, larger than "
        "those of its operands. Copy tensors, with copy.deepcopy or pickle, but neither nodes nor their ids"
    )


def freed(node: Node) -> GraphError:
    """Return the error for a node whose vjps are gone."""
    return GraphError(
        f"backward reached {node.op.name} (node {node.id}) whose graph has been freed by an earlier "
        "backward; run the forward pass again, or call the first backward with retain_graph=True"
    )


def changed(node: Node) -> GraphError:
    """Return the error for a node whose saved arrays are no longer what they were."""
    return GraphError(
        f"an operand of {node.op.name} (node {node.id}) was changed in place after it was used, so "
        "its derivative can no longer be computed; call backward before the change"
    )


def misshapen(node: Node, parent: Node, part: Any) -> TypeError | ShapeError:
    """Return the error for a vjp's result that is no array of the operand's shape."""
    if not hasattr(part, "shape"):
        return TypeError(
            f"the vjp of {node.op.name} (node {node.id}) returned a {type(part).__name__}; "
            f"it returns an array of the operand's shape, {parent.shape}"
        )
    return ShapeError(
        f"the vjp of {node.op.name} (node {node.id}) returned a cotangent of shape {part.shape} "
        f"for an operand of shape {parent.shape}; a cotangent has the operand's shape "
        "(is an un-broadcast missing?)"
    )
