"""A cell's compiled functions, and the memory they work in."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.addresses import Addresses
from minigrad.fold.cell import Cell
from minigrad.fold.compiler import build
from minigrad.fold.compiler.memory import Memory
from minigrad.fold.compiler.trace import trace


class CompiledCell:
    """A cell's emitted functions, and the memory they work in.

    Attributes
    ----------
    size : int
        How many elements the parameters have.
    leaves_written : bool
        Whether backward writes all derivatives by the leaves' vectors, or adds to what is there.
    values : Addresses
        Of the parameters.
    shared : Memory
        What all runs of the cell work in, one after the other.
    """

    def __init__(self, cell: Cell, dtype: Any) -> None:
        self.trace = trace(cell, dtype)
        self.emitted, self.source = build.write(self.trace, f"{type(cell).__name__}, {np.dtype(dtype)}")
        self.module = build.load(self.source)
        self.chain = cell.right_parts is not None
        self.leaves_written = not self.chain and any(p.leaf == "vector" for p in self.trace.parts)
        self.dtype = np.dtype(dtype)
        rooms = self.emitted.writer.rooms
        self._kept = [room for room in rooms if room.kept]
        self.shared = Memory([room for room in rooms if not room.kept], 0, dtype)
        self.values = Addresses(self.trace.parameters, dtype, "fold")
        self.size = sum(p.size for p in self.trace.parameters)
        self._pool: list[Memory] = []

    def take(self, n: int) -> Memory:
        """Return memory for n inner nodes, to be given back."""
        if self._pool and self._pool[-1].nodes >= n:
            return self._pool.pop()
        return Memory(self._kept, max(64, n + n // 4), self.dtype, self.shared)

    def give_back(self, memory: Memory) -> None:
        """Take memory for the next run."""
        if len(self._pool) < 2:
            self._pool.append(memory)
