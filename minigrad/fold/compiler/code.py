"""A cell's compiled functions, and the memory they work in."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler import build
from minigrad.fold.compiler.trace import trace
from minigrad.kernels.product import packed_size

Array = np.ndarray
TILE = 32  # nodes: enough rows for a product to run at full speed, few enough for a tile to stay in cache


class CompiledCell:
    """A cell's emitted functions, and the memory they work in."""

    def __init__(self, cell: Cell, dtype: Any) -> None:
        self.trace = trace(cell, dtype)
        self.emitter, self.source = build.write(self.trace, f"{type(cell).__name__}, {np.dtype(dtype)}")
        self.module = build.load(self.source)
        self.layout = self.emitter.layout
        self.chain = cell.right_parts is not None
        plan = self.emitter.plan
        self.packed = {}
        for name, sweep in (("P", plan.forward), ("Q", plan.backward)):
            sizes = [(r.k[1] - r.k[0], r.n[1] - r.n[0]) for r in sweep.rectangles]
            self.packed[name] = [np.zeros(int(packed_size(k, n)), dtype) for k, n in sizes]
        largest = max(
            [
                (r.k[1] - r.k[0]) * (r.n[1] - r.n[0])
                for s in (plan.forward, plan.backward)
                for r in s.rectangles
            ],
            default=0,
        )
        self.buffer = np.empty(largest, dtype)
        self.tile_space = np.empty((TILE, self.layout.tile_width), dtype)
        self._pool: list[Array] = []

    def workspace(self, n: int) -> Array:
        """Return an array of at least n rows, to be given back."""
        if self._pool and len(self._pool[-1]) >= n:
            return self._pool.pop()
        return np.empty((max(64, n + n // 4), self.layout.width), self.trace.dtype)

    def give_back(self, workspace: Array) -> None:
        """Take a workspace for the next run."""
        if len(self._pool) < 2:
            self._pool.append(workspace)

    def pack(self, which: str, packed: str) -> None:
        """Pack the parameters as they are now."""
        used = getattr(self.emitter.matrices, f"{which}_parameters")
        parameters = [self.trace.parameters[k].data for k in used]
        getattr(self.module, f"pack_{which}")(self.buffer, *parameters, *self.packed[packed])
