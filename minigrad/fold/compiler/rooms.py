"""The arrays that steps work in: kept from step to step, and so in cache, unless someone looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minigrad.internal.pool import Pool

if TYPE_CHECKING:
    from minigrad.fold.compiler.code import CompiledCell

Array = np.ndarray
SPARE = 256 << 20  # bytes that may wait for another step: no more than the largest minibatch has needed


class Room:
    """Arrays for one minibatch of up to so many nodes, leaves, and classified nodes.

    Attributes
    ----------
    memory : Memory
        Of the code, for as many inner nodes.
    states, totals : (nodes · Σ widths,)
    by_h : (classified nodes, width of the first part)
    entries, by_entries : intp (leaves,), (leaves, width of a leaf)
    """

    def __init__(self, code: CompiledCell, nodes: int, leaves: int, rows: int) -> None:
        self.nodes, self.leaves, self.rows = nodes, leaves, rows
        self.memory = code.take(nodes - leaves)
        self.states = np.empty(nodes * code.width, code.dtype)
        self.totals = np.empty(nodes * code.width, code.dtype)
        self.by_h = np.empty((rows, int(code.widths[0])), code.dtype)
        self.entries = np.empty(leaves, np.intp)
        self.by_entries = np.empty((leaves, code.leaf_width), code.dtype)
        arrays = self.states, self.totals, self.by_h, self.entries, self.by_entries
        self.nbytes = self.memory.nbytes + sum(array.nbytes for array in arrays)


class Lease:
    """A room for one step; others may have it when the lease is garbage, unless it has been opened.

    Whoever hands out an array of the room opens the lease before: it is theirs from then on.
    """

    __slots__ = ("_rooms", "opened", "room")

    def __init__(self, rooms: Rooms, room: Room) -> None:
        self._rooms, self.room, self.opened = rooms, room, False

    def __del__(self) -> None:
        if not self.opened:
            self._rooms.give_back(self.room)


class Rooms:
    """All rooms of a compiled cell."""

    def __init__(self) -> None:
        self._free: Pool[Room] = Pool()

    def lease(self, code: CompiledCell, nodes: int, leaves: int, rows: int) -> Lease:
        """Return a room of the cell `code` for a minibatch; its arrays may be larger."""

        def fits(room: Room) -> bool:
            enough = room.nodes >= nodes and room.leaves >= leaves and room.rows >= rows
            return enough and room.memory.nodes >= nodes - leaves

        room = self._free.take(fits)
        if room is None:
            room = Room(code, *(size + size // 4 for size in (nodes, leaves, rows)))
        return Lease(self, room)

    def give_back(self, room: Room) -> None:
        """Keep a room for the next steps."""
        self._free.give_back(room, SPARE)
