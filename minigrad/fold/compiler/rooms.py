"""The arrays that steps work in: kept from step to step, and so in cache, unless someone looks at them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

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
        self.bytes: int = self.memory.bytes.size + sum(
            array.nbytes for array in (self.states, self.totals, self.by_h, self.entries, self.by_entries)
        )


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
        self._free: list[Room] = []

    def lease(self, code: CompiledCell, nodes: int, leaves: int, rows: int) -> Lease:
        """Return a room of the cell `code` for a minibatch; its arrays may be larger."""
        for room in self._free[::-1]:
            enough = room.nodes >= nodes and room.leaves >= leaves and room.rows >= rows
            if enough and room.memory.nodes >= nodes - leaves:
                with suppress(ValueError):  # another thread has just taken it
                    self._free.remove(room)
                    return Lease(self, room)
        return Lease(self, Room(code, *(size + size // 4 for size in (nodes, leaves, rows))))

    def give_back(self, room: Room) -> None:
        """Keep a room for the next steps."""
        if len(self._free) < 2 or sum(free.bytes for free in (*self._free, room)) <= SPARE:
            self._free.append(room)
