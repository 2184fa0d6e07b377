"""The states after a fold and its backward, without a graph."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Cotangent, Gradient
from minigrad.fold.compiler.evaluation import Evaluation, LazyGradient
from minigrad.fold.compiler.run import STATES
from minigrad.graph import Node
from minigrad.tensor import Tensor

Array = np.ndarray


class Done(NamedTuple):
    """A fold and its backward.

    Attributes
    ----------
    evaluation : Evaluation
    given : dict by part
        See `Evaluation.store`.
    totals : array (N · Σ widths,) or None
        The gradients, part after part; None if there was no backward.
    """

    evaluation: Evaluation
    given: Mapping[str, Cotangent]
    totals: Array | None

    def gradients(self) -> dict[str, Gradient]:
        """Return the gradients with respect to the states."""
        gradients = self.evaluation.new_gradients()
        if self.totals is not None:
            self.evaluation.store(gradients, self.given, self.totals)
        return gradients


class Finished(UserDict[str, Tensor]):
    """One tensor per part, made lazily, on first access: the states, with their gradients.

    Parameters
    ----------
    folds : sequence of Done
        One, or one for every shard.
    rows : sequence of intp arrays
        Of each shard, the rows of its nodes in the whole forest; empty where one fold is all.
    """

    def __init__(self, folds: Sequence[Done], rows: Sequence[Array] = ()) -> None:
        self._folds, self._rows = folds, rows

    @cached_property
    def data(self) -> dict[str, Tensor]:  # type: ignore[override]
        """The tensors by part."""
        states = [fold.evaluation.states for fold in self._folds]
        gradients = [fold.gradients() for fold in self._folds]
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
        if all(fold.totals is not None for fold in self._folds):
            whole = np.empty_like(like)
            gradient.put(whole, partial(self._fill_gradients, whole, parts))
        return gradient

    def _fill_gradients(self, out: Array, parts: Sequence[Gradient]) -> None:
        self._fill(out, [part.value for part in parts])
