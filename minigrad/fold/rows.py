"""What every fold in mode node or level does, whatever its trees: states by rows, parameters once, masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.context import scope, thread
from minigrad.errors import ShapeError
from minigrad.fold.cell import ComposeContext, Part
from minigrad.fold.schedule import Tile
from minigrad.fold.state import States
from minigrad.tensor import Tensor

Array = np.ndarray


class RowRun(ComposeContext):
    """A fold while it runs, a tile of nodes after another.

    Attributes
    ----------
    states : dict of str to States
        By part.
    state
        Of the thread.
    """

    def __init__(self, parts: Sequence[Part], nodes: int, dtype: Any) -> None:
        self._parts, self._nodes, self._dtype = parts, nodes, dtype
        self.state = thread.state
        self.states = {part.name: States(part.name, nodes, part.width, dtype) for part in parts}
        self._once: dict[Any, Tensor] = {}
        self._masks: list[Array] = []
        self._mask = 0
        self._rows = np.zeros(0, np.intp)

    def begin(self, tile: Tile) -> Array:
        """Return the rows of a tile, which are computed from here on."""
        self._rows, self._mask = tile.rows, 0
        return tile.rows

    def end(self, tile: Tile, found: Mapping[str, Tensor], cell: str) -> None:
        """Write what ``compose`` of a cell returned for the rows of the tile.

        Raises
        ------
        ShapeError
            If it has another shape or dtype than the cell declares.
        """
        rows = tile.rows
        for part in self._parts:
            value, shape = found[part.name], (len(rows), part.width)
            if value.shape != shape or value.dtype != self._dtype:
                raise ShapeError(
                    f"compose of {cell} in {tile}: part {part.name!r} is "
                    f"{value.dtype} {value.shape} and should be {self._dtype} {shape}"
                )
            self.states[part.name].write(rows, value)

    def once(self, op: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Return op(x); for a parameter it is computed once, and its node is in no tile's scope."""
        if x._node is not None and x._node.op is not None:
            return op(x)
        found = self._once.get((op, id(x)))
        if found is None:
            with scope(None):
                found = self._once[op, id(x)] = op(x)
        return found

    def mask(self, shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Array:
        """Return the rows of a dropout mask that belong to the nodes being computed.

        The k-th dropout of ``compose`` has one mask for all nodes, drawn for the first tile.
        """
        if shape[:1] != self._rows.shape:
            raise ShapeError(f"dropout in compose takes one row per node: {len(self._rows)}, not {shape}")
        if self._mask == len(self._masks):
            self._masks.append(rng.random((self._nodes, *shape[1:])) >= p)
        self._mask += 1
        return self._masks[self._mask - 1][self._rows]
