"""How compiled functions are called: everything they are given stands in one vector of 64-bit integers.

A *frame* holds numbers and addresses, in the order of `FIELDS`. All cells' functions take the address of a
frame and nothing else, so that one caller serves them all; the driver, compiled code too, fills frames by the
same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np

from minigrad.fold.compiler.memory import Memory
from minigrad.fold.compiler.order import Order
from minigrad.kernels.machine import address

Array = np.ndarray


class Field(IntEnum):
    """The numbers in a frame. Matrices are C-ordered; a `step` is the bytes from one row to the next."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        return count

    KEEP = auto()  # forward: whether to save what backward needs
    COMPLETE = auto()  # backward: whether to compute the states' gradients only, but in all rows
    FRESH = auto()  # backward: whether only the roots' rows of the totals have been set
    TILES = auto()  # (tiles, 5), see `Order`
    TILE_COUNT = auto()
    NODES = auto()  # (inner, 5)
    INNER = auto()
    LEAF_ROWS = auto()  # (leaves,)
    LEAVES = auto()
    ENTRIES = auto()  # (leaves,): the leaves' rows in the table
    TABLE = auto()  # (height, width of a leaf)
    TABLE_STEP = auto()
    STATES = auto()  # (N · Σ widths,), part after part
    MASKS = auto()  # bool, of all dropouts
    MEMORY = auto()  # addresses of the buffers, see `Memory`
    PARAMETERS = auto()  # addresses of the parameters, see `Addresses`
    TOTALS = auto()  # like STATES: the gradients with respect to them
    BY_LEAVES = auto()  # (leaves, width of a leaf): the gradients with respect to the leaves' vectors
    GRADIENT = auto()  # those with respect to the parameters, concatenated


FIELDS = len(Field)


@dataclass
class Call:
    """The arguments of a cell's functions as arrays; see `Field` for what they hold.

    Attributes
    ----------
    order : Order
    entries, table, states, masks : arrays
    memory : Memory
    pointers, held
        Of the parameters' values, see `Addresses`.
    totals, by_leaves, gradient : arrays, for backward
    keep, complete, fresh : bool
    """

    order: Order
    entries: Array
    table: Array
    states: Array
    masks: Array
    memory: Memory
    pointers: Array
    held: Sequence[Array]
    totals: Array | None = None
    by_leaves: Array | None = None
    gradient: Array | None = None
    keep: bool = False
    complete: bool = False
    fresh: bool = False

    def frame(self, buffers: Array) -> Array:
        """Return the frame for machine code; whoever passes it on holds the arrays.

        Parameters
        ----------
        buffers : intp array
            Their addresses, see `CompiledCell.buffers`.
        """
        tiles, nodes, leaves = self.order
        frame = np.zeros(FIELDS, np.intp)
        frame[Field.KEEP : Field.FRESH + 1] = self.keep, self.complete, self.fresh
        frame[Field.TILE_COUNT], frame[Field.INNER], frame[Field.LEAVES] = len(tiles), len(nodes), len(leaves)
        frame[Field.TABLE_STEP] = self.table.strides[0]
        for field, array in (
            (Field.TILES, tiles),
            (Field.NODES, nodes),
            (Field.LEAF_ROWS, leaves),
            (Field.ENTRIES, self.entries),
            (Field.TABLE, self.table),
            (Field.STATES, self.states),
            (Field.MASKS, self.masks),
            (Field.MEMORY, buffers),
            (Field.PARAMETERS, self.pointers),
            (Field.TOTALS, self.totals),
            (Field.BY_LEAVES, self.by_leaves),
            (Field.GRADIENT, self.gradient),
        ):
            if array is not None:
                frame[field] = address(array)
        return frame

    def python(self, function: Callable[..., None], names: Sequence[str]) -> None:
        """Call a function of `fold_source` with the same arguments."""
        tiles, nodes, leaf_rows = self.order
        parameters = dict(zip(names, self.held, strict=True))
        given = (tiles, nodes, leaf_rows, self.entries, self.table, self.states, self.masks)
        if self.totals is None:
            function(self.keep, *given, self.memory.kept, parameters)
        else:
            results = self.totals, self.by_leaves, self.gradient
            function(self.complete, self.fresh, *given, self.memory.kept, parameters, *results)
