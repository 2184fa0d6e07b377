"""One minibatch as the rules see it, after backward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.fold.run import NodeStates
from minigrad.fold.schedule import Trees
from minigrad.nn import Parameter
from minigrad.record import GradientRecord

Array = np.ndarray


@dataclass(frozen=True)
class Observation:
    """A minibatch, or the end of an epoch, where only the loss is known.

    Attributes
    ----------
    epoch, batch : int
    states : NodeStates or None
        Of the minibatch's nodes, with their gradients.
    forest : Trees or None
    nodes : intp array or None
        Rows of the nodes whose gradients are looked at; None for all.
    loss : float or None
    parameters : {name: Parameter}
    record : GradientRecord or None
        Of the minibatch's backward.
    """

    epoch: int
    batch: int
    states: NodeStates | None = None
    forest: Trees | None = None
    nodes: Array | None = None
    loss: float | None = None
    parameters: Mapping[str, Parameter] | None = None
    record: GradientRecord | None = None

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
        """Rows of the inner nodes."""
        assert self.forest is not None
        return np.flatnonzero(self.forest.left >= 0)

    @cached_property
    def depths_and_roots(self) -> tuple[Array, Array]:
        """Depth of every node below its root, and that root's row."""
        assert self.forest is not None
        return kernels.depths_and_roots(*(np.asarray(x, np.intp) for x in self._children))

    def describe(self, row: int) -> str:
        """Return what a row stands for."""
        return str(getattr(self.forest, "describe", "node {}".format)(row))

    def op_at(self, row: int, largest: bool) -> str:
        """Return the op with the smallest or largest cotangent where a node is composed into its parent.

        '' unless the backward was recorded, and the fold's mode knows single ops.
        """
        if self.record is None or self.forest is None:
            return ""
        left, right = self._children
        above = np.flatnonzero((left == row) | (right == row))
        at = int(above[0]) if len(above) else row
        entries = [entry for entry in self.record.entries if at in getattr(entry.scope, "rows", ())]
        choose = max if largest else min
        return choose(entries, key=lambda entry: entry.norm).op if entries else ""

    @property
    def _children(self) -> tuple[Array, Array]:
        assert self.forest is not None
        return self.forest.left, self.forest.right
