"""One fold over one minibatch by a cell's emitted functions: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, SparseRows
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.order import TILE, order
from minigrad.fold.schedule import Trees
from minigrad.graph import Gradient
from minigrad.tensor import Tensor

Array = np.ndarray


class LazyGradient(Gradient):
    """A derivative that is finished when somebody looks at it."""

    __slots__ = ("_finish", "_value")

    def __init__(self) -> None:
        self._finish: Callable[[], None] | None = None
        self._value: Any = None

    def put(self, value: Array, finish: Callable[[], None]) -> None:
        """Leave a value that `finish` completes in place."""
        self._value, self._finish = value, finish

    @property
    def value(self) -> Any:
        """The derivative."""
        if self._finish is not None:
            finish, self._finish = self._finish, None
            finish()
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value, self._finish = value, None


class Evaluation:
    """The states of all nodes; then, by `differentiate`, the derivatives.

    Parameters
    ----------
    code : CompiledCell
        Whose `values` are up to date.
    forest : Trees
    table : (height, width) array of the cell's dtype, C-ordered
    words : function
        Takes the leaves' rows in the forest, ascending, and returns their rows in `table`, intp (leaves,).
    keep : bool
        Whether `differentiate` will be called.

    Attributes
    ----------
    states : dict of (N, width) arrays by part
    words : (leaves,) array
    """

    def __init__(
        self, code: CompiledCell, forest: Trees, table: Array, words: Callable[[Array], Array], keep: bool
    ) -> None:
        self.code = code
        self.order = order(forest.left, forest.right, code.chain)
        self.words = words(self.order.leaves)
        nodes, inner = len(forest.left), len(self.order.nodes)
        self.states = {part.name: np.empty((nodes, part.width), code.dtype) for part in code.trace.parts}
        self._masks = [
            rng.random((nodes, s.shape[1])) >= p if inner else np.ones((1, 1), bool)
            for s, p, rng in code.trace.masks
        ]
        self._roots: Array | None = getattr(forest, "root", None)
        self._leaves = len(self.words), table.shape[1]
        self._memory = code.take(inner if keep else TILE)
        self._held = code.values.held
        self._arguments = [
            *self.order, table, self.words, *self.states.values(), *self._masks,
            self._memory.places, code.values.places,
        ]  # fmt: skip
        code.module.forward(keep, *self._arguments)

    def __del__(self) -> None:
        if hasattr(self, "_memory"):
            self.code.give_back(self._memory)

    @property
    def parameters(self) -> Sequence[Tensor]:
        """The cell's parameters, in the order of their derivatives."""
        return self.code.trace.parameters

    def new_gradients(self) -> dict[str, Gradient]:
        """Return places for the derivatives by the states, one for each part."""
        return {p.name: LazyGradient() if p.leaf == "zero" else Gradient() for p in self.code.trace.parts}

    def differentiate(
        self, given: Mapping[str, Cotangent], gradients: Mapping[str, Gradient], to_parameters: Array
    ) -> Array:
        """Return the derivatives by the leaves' vectors.

        Parameters
        ----------
        given : dict of arrays (N, width), or SparseRows, by part
            Derivatives by the states, not counting what comes through ancestors. Nothing stands for zero.
        gradients : dict of Gradient by part
            Where the total derivatives by the states are left.
        to_parameters : (Σ sizes,) array
            Gets the derivatives by the cell's parameters, side by side.
        """
        to_leaves = (np.empty if self.code.leaves_written else np.zeros)(self._leaves, self.code.dtype)
        totals = self._backward(given, to_leaves, to_parameters, complete=False)
        for name, gradient in gradients.items():
            if isinstance(gradient, LazyGradient):
                gradient.put(totals[name], partial(self._complete, given, name, totals[name]))
            else:
                gradient.value = totals[name]
        return to_leaves

    def _complete(self, given: Mapping[str, Cotangent], name: str, total: Array) -> None:
        """Compute the derivatives by what a part constantly is at leaves."""
        to_leaves = np.empty(self._leaves, self.code.dtype)
        to_parameters = np.empty(self.code.size, self.code.dtype)  # nobody reads either
        whole = self._backward(given, to_leaves, to_parameters, complete=True)
        total[self.order.leaves] = whole[name][self.order.leaves]

    def _backward(
        self, given: Mapping[str, Cotangent], to_leaves: Array, to_parameters: Array, complete: bool
    ) -> dict[str, Array]:
        # Every row but those of roots gets its total from its parent: there is no need of zeros there.
        roots = self._roots
        fresh = roots is not None and all(_rows(g) is roots for g in given.values())
        totals = {
            name: _at(roots, given.get(name), array) if fresh else _total(given.get(name), array)
            for name, array in self.states.items()
        }
        arguments = [*self._arguments, *totals.values(), to_leaves, to_parameters]
        self.code.module.backward(complete, fresh, *arguments)
        return totals


def _rows(g: Cotangent) -> Array | None:
    return g.rows if isinstance(g, SparseRows) else None


def _at(roots: Array | None, given: SparseRows | None, like: Array) -> Array:
    """Return what is given in the rows of roots; in other rows is anything."""
    total = np.empty(like.shape, like.dtype)
    total[roots] = 0 if given is None else given.values
    return total


def _total(given: Cotangent | None, like: Array) -> Array:
    """Return what is given, and zero elsewhere."""
    if isinstance(given, np.ndarray):
        return given.copy()
    total = np.zeros(like.shape, like.dtype)
    if isinstance(given, SparseRows):
        given.add_to(total)
    return total
