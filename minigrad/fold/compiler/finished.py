"""The states after a fold and its backward, without a graph."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Gradient, SparseRows
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.evaluation import Evaluation, LazyGradient
from minigrad.fold.compiler.rooms import Lease
from minigrad.fold.compiler.run import STATES
from minigrad.fold.schedule import Trees
from minigrad.graph import Node
from minigrad.tensor import Tensor

Array = np.ndarray


@dataclass(frozen=True, eq=False, slots=True)
class Done:
    """A fold and its backward, made by one call of compiled code.

    Attributes
    ----------
    code : CompiledCell
    trees : Trees
    table : array
    entry : intp (N,)
        For each leaf, the row of `table` that is its vector.
    masks : bool array
    rows : intp (n,)
        The nodes whose h the loss was computed from, in the order of the room's `by_h`.
    lease : Lease
        With the states and their gradients.
    weights
        See `Evaluation`.
    """

    code: CompiledCell
    trees: Trees
    table: Array
    entry: Array
    masks: Array
    rows: Array
    lease: Lease
    weights: tuple[Array, list[Array]]

    def open(self, complete: bool) -> tuple[dict[str, Array], dict[str, Gradient]]:
        """Return the states and the gradients with respect to them, by part.

        If not `complete`, there was no backward, and there are no gradients.
        """
        self.lease.opened = True
        code, room, nodes = self.code, self.lease.room, len(self.trees.left)
        size = nodes * code.width
        arrays = self.table, self._entries, room.memory, self.masks, room.states[:size]
        evaluation = Evaluation(code, self.trees, *arrays, self.weights)
        gradients = evaluation.new_gradients()
        if complete:
            by_h = SparseRows(self.rows, room.by_h[: len(self.rows)], nodes, distinct=True)
            evaluation.store(gradients, {code.trace.parts[0].name: by_h}, room.totals[:size])
        return evaluation.states, gradients

    def _entries(self, leaves: Array) -> Array:
        return self.entry[leaves]


class Finished(UserDict[str, Tensor]):
    """One tensor per part, made lazily, on first access: the states, with their gradients.

    Parameters
    ----------
    folds : sequence of functions
        One, or one for every shard: each returns its `Done`.
    complete : bool
        Whether there was a backward.
    rows : sequence of intp arrays
        Of each shard, the rows of its nodes in the whole forest; empty where one fold is all.
    """

    def __init__(
        self, folds: Sequence[Callable[[], Done]], complete: bool, rows: Sequence[Array] = ()
    ) -> None:
        self._folds, self._complete, self._rows = folds, complete, rows

    @cached_property
    def data(self) -> dict[str, Tensor]:  # type: ignore[override]
        """The tensors by part."""
        states, gradients = zip(*(fold().open(self._complete) for fold in self._folds), strict=True)
        made = {}
        for name in states[0]:
            array, gradient = states[0][name], gradients[0][name]
            if self._rows:
                array = self._joined([part[name] for part in states])
                gradient = self._joined_gradient([part[name] for part in gradients], array)
            node = Node(STATES, (), (), array, (), thread.state.meta)
            node.vjps, node.gradient = None, gradient
            made[name] = Tensor(array, node)
        return made

    def _joined(self, parts: Sequence[Array]) -> Array:
        out = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
        self._fill(out, parts)
        return out

    def _fill(self, out: Array, parts: Sequence[Any]) -> None:
        for rows, part in zip(self._rows, parts, strict=True):
            out[rows] = part

    def _joined_gradient(self, parts: Sequence[Gradient], like: Array) -> Gradient:
        gradient = LazyGradient()
        if self._complete:
            whole = np.empty_like(like)
            gradient.put(whole, partial(self._fill_gradients, whole, parts))
        return gradient

    def _fill_gradients(self, out: Array, parts: Sequence[Gradient]) -> None:
        self._fill(out, [part.value for part in parts])
