"""One minibatch as the rules see it, after backward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.fold.run import NodeStates
from minigrad.graph import Node, reachable
from minigrad.monitor.families import AnyTrees, computed_rows, depths_and_roots, parents
from minigrad.nn import Parameter

Array = np.ndarray


@dataclass(frozen=True)
class Observation:
    """A minibatch, or the end of an epoch, where only the loss is known.

    Attributes
    ----------
    epoch, batch : int
    states : NodeStates or None
        Of the minibatch's nodes, with their gradients.
    forest : Trees, NaryTrees or None
    nodes : intp array or None
        Rows of the nodes whose gradients are looked at; None for all.
    loss : float or None
    parameters : {name: Parameter}
    graph : Node or None
        The loss in its graph, whose nodes carry norms if backward ran under `record_gradients`.
    """

    epoch: int
    batch: int
    states: NodeStates | None = None
    forest: AnyTrees | None = None
    nodes: Array | None = None
    loss: float | None = None
    parameters: Mapping[str, Parameter] | None = None
    graph: Node | None = None

    def part(self, name: str | None) -> str:
        """Return the name of a state part: the one asked for, or the first."""
        assert self.states is not None
        return name if name is not None else next(iter(self.states))

    def values(self, part: str | None) -> Array:
        """Return a state part of all nodes, (N, width)."""
        assert self.states is not None
        return self.states[self.part(part)].data

    def gradient(self, part: str | None) -> Array:
        """Return the derivative with respect to a state part of all nodes, (N, width)."""
        assert self.states is not None
        gradient: Any = self.states[self.part(part)].grad
        if gradient is None:
            raise ValueError("the states have no gradients; observe after loss.backward()")
        return np.asarray(gradient)

    @cached_property
    def inner(self) -> Array:
        """Rows of the nodes that the cell computed: the inner ones, or all that have a word and children."""
        assert self.forest is not None
        return computed_rows(self.forest)

    @cached_property
    def depths_and_roots(self) -> tuple[Array, Array]:
        """Depth of every node below its root, and that root's row."""
        assert self.forest is not None
        return depths_and_roots(self.forest)

    def ratios(self, part: str | None, min_depth: int) -> tuple[Array, Array]:
        """Return the nodes at `min_depth` and below, and ‖∂J/∂x‖ at each over that at its root.

        Nodes whose ratio is not finite, for instance because there is no error at the root, are left out.
        """
        depth, root = self.depths_and_roots
        rows = np.arange(len(depth)) if self.nodes is None else self.nodes
        rows = rows[depth[rows] >= min_depth]
        gradient = self.gradient(part)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = kernels.row_norms(gradient, rows) / kernels.row_norms(gradient, root[rows])
        known = np.isfinite(ratio)
        return rows[known], ratio[known]

    def describe(self, row: int) -> str:
        """Return what a row stands for."""
        return str(getattr(self.forest, "describe", "node {}".format)(row))

    def op_at(self, row: int, largest: bool) -> str:
        """Return the op that shrinks or stretches the cotangent most on its way from a node's parent.

        An op's factor is the norm of its operand's cotangent over that of its own. '' unless the backward was
        recorded, in a mode of the fold whose graph has single ops.
        """
        if self.graph is None or self.forest is None:
            return ""
        above = int(parents(self.forest)[row])
        at = row if above < 0 else above
        # What keeps a gradient are the states of all nodes, whose cotangent is more than this node's.
        factors = [
            (parent.meta.norm / node.meta.norm, node.op.name)
            for node in reachable(self.graph)
            if node.meta.norm
            and node.op is not None
            and node.gradient is None
            and at in getattr(node.meta.scope, "rows", ())
            for parent in node.parents
            if parent.meta.norm is not None and parent.meta.scope is node.meta.scope
        ]
        return str((max if largest else min)(factors)[1]) if factors else ""

    def first_bad_op(self) -> str:
        """Return the op at which backward first met a cotangent that is not finite; '' as in `op_at`."""
        nodes = [] if self.graph is None else reachable(self.graph)
        norms = ((node.op.name, node.meta.norm) for node in nodes if node.op is not None)
        return next((name for name, norm in norms if norm is not None and not isfinite(norm)), "")
