"""One fold over one minibatch with a cell's emitted functions: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from minigrad.cotangent import Cotangent, Gradient
from minigrad.fold.compiler.abi import Call
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.memory import Memory
from minigrad.fold.compiler.order import Order, order
from minigrad.fold.schedule import Trees
from minigrad.tensor import Tensor

Array = np.ndarray


class LazyGradient(Gradient):
    """A gradient that is completed lazily, on first access."""

    __slots__ = ("_finish", "_value")

    def __init__(self) -> None:
        self._finish: Callable[[], None] | None = None
        self._value: Any = None

    def put(self, value: Array, finish: Callable[[], None]) -> None:
        """Store a value that `finish` completes in place."""
        self._value, self._finish = value, finish

    @property
    def value(self) -> Any:
        """The gradient."""
        if self._finish is not None:
            finish, self._finish = self._finish, None
            finish()
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value, self._finish = value, None


class Evaluation:
    """One fold over one minibatch: `forward` computes the states, then `differentiate` the gradients.

    Parameters
    ----------
    code : CompiledCell
        Whose `values` are up to date.
    forest : Trees
        With an inner node, at least.
    table : (height, width) array of the cell's dtype, C-ordered
    entries : function
        Takes the leaves' rows in the forest, ascending, and returns their rows in `table`, intp (leaves,).
    memory : Memory
        Of the code; it is given back when the evaluation is garbage.
    masks : bool array
        Of the code's dropouts.
    vector : array (N · Σ widths,)
        The states of all nodes, part after part: to be written, or written by compiled code already.
    weights : (addresses, list of arrays), optional
        What ``code.weights()`` returned when the states were computed.

    Attributes
    ----------
    states : dict of (N, width) arrays by part
    """

    def __init__(
        self,
        code: CompiledCell,
        forest: Trees,
        table: Array,
        entries: Callable[[Array], Array],
        memory: Memory,
        masks: Array,
        vector: Array,
        weights: tuple[Array, list[Array]] | None = None,
    ) -> None:
        self.code, self._forest, self._table, self._find_entries = code, forest, table, entries
        self._memory, self._masks, self._vector = memory, masks, vector
        self._values, self._held = weights or code.weights()

    def __del__(self) -> None:
        self.code.give_back(self._memory)

    @cached_property
    def states(self) -> dict[str, Array]:
        """The states, (N, width) by part."""
        return self.code.parts(self._vector)

    @cached_property
    def order(self) -> Order:
        """The schedule of the nodes."""
        return order(self._forest.left, self._forest.right, self.code.chain)

    @cached_property
    def entries(self) -> Array:
        """The leaves' rows in the table, intp (leaves,)."""
        return self._find_entries(self.order.leaves)

    def _call(self, **given: Any) -> Call:
        arrays = self.entries, self._table, self._vector, self._masks
        return Call(self.order, *arrays, self._memory, self._values, self._held, **given)

    @property
    def parameters(self) -> Sequence[Tensor]:
        """The cell's parameters, in the order of their gradients."""
        return self.code.trace.parameters

    def forward(self, keep: bool) -> None:
        """Compute the states, and with `keep` save what `differentiate` needs."""
        self.code.call("forward", self._call(keep=keep))

    def new_gradients(self) -> dict[str, Gradient]:
        """Return slots for the gradients with respect to the states, one for each part."""
        lazy = {p.name for p in self.code.trace.parts if p.leaf == "zero" and not self.code.chain}
        return {p.name: LazyGradient() if p.name in lazy else Gradient() for p in self.code.trace.parts}

    def differentiate(
        self, given: Mapping[str, Cotangent], gradients: Mapping[str, Gradient], to_parameters: Array
    ) -> Array:
        """Return the gradients with respect to the leaves' vectors.

        Parameters
        ----------
        given : dict of arrays (N, width), or SparseRows, by part
            Gradients with respect to the states, without what comes through ancestors. A missing entry means
            zero.
        gradients : dict of Gradient by part
            Receive the total gradients with respect to the states.
        to_parameters : (Σ sizes,) array
            Receives the gradients with respect to the cell's parameters, concatenated.
        """
        shape = len(self.entries), self._table.shape[1]
        to_leaves = (np.empty if self.code.leaves_written else np.zeros)(shape, self.code.dtype)
        if self.code.outer is None:
            totals = self._backward(given, to_leaves, to_parameters, complete=False)
        else:
            sums = np.empty(self.code.gradient_size, self.code.dtype)
            totals = self._backward(given, to_leaves, sums, complete=False)
            self.code.finish(sums, self._held, to_parameters)
        self.store(gradients, given, totals)
        return to_leaves

    def store(self, gradients: Mapping[str, Gradient], given: Mapping[str, Cotangent], totals: Array) -> None:
        """Store the gradients with respect to the states.

        Parameters
        ----------
        gradients : dict of Gradient by part
            The slots.
        given : dict by part
            The argument of `differentiate`.
        totals : array (N · Σ widths,)
            The result of backward, part after part.
        """
        parts = self.code.parts(totals)
        for name, gradient in gradients.items():
            if isinstance(gradient, LazyGradient):
                gradient.put(parts[name], partial(self._complete, given, name, parts[name]))
            else:
                gradient.value = parts[name]

    def _complete(self, given: Mapping[str, Cotangent], name: str, total: Array) -> None:
        """Compute the gradients with respect to a part that is constant at leaves."""
        to_leaves = np.empty((len(self.entries), self._table.shape[1]), self.code.dtype)
        to_parameters = np.empty(self.code.gradient_size, self.code.dtype)  # neither is used
        whole = self.code.parts(self._backward(given, to_leaves, to_parameters, complete=True))
        total[self.order.leaves] = whole[name][self.order.leaves]

    def _backward(
        self, given: Mapping[str, Cotangent], to_leaves: Array, to_parameters: Array, complete: bool
    ) -> Array:
        # The total of every state but the roots' is overwritten by its parent: it need not be zeroed.
        roots = getattr(self._forest, "root", None)
        fresh = roots is not None and all(getattr(g, "rows", None) is roots for g in given.values())
        totals = np.empty(self._vector.shape, self._vector.dtype)
        for name, total in self.code.parts(totals).items():
            g = given.get(name)
            if isinstance(g, np.ndarray):
                total[...] = g
                continue
            total[roots if fresh and not self.code.chain else ...] = 0  # a chain's inputs are no states
            if g is not None:
                g.add_to(total)
        results = {"totals": totals, "by_leaves": to_leaves, "gradient": to_parameters}
        self.code.call("backward", self._call(complete=complete, fresh=fresh, **results))
        return totals
