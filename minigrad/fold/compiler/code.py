"""A cell's compiled functions, and the memory they work in."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler import build
from minigrad.fold.compiler.emit_backward import picked_width
from minigrad.fold.compiler.order import TILE
from minigrad.fold.compiler.sweep import Rectangle
from minigrad.fold.compiler.trace import trace
from minigrad.kernels.product import packed_size

Array = np.ndarray
CHUNK = 256  # nodes whose weights' gradients are computed together: what they need stays in the second cache
LINE = 64  # bytes of a cache line


def aligned_rows(n: int, width: int, dtype: Any) -> Array:
    """Return an array (n, width or a little more) of zeros whose rows begin at cache lines.

    The rows are an odd number of lines long, so that a column's elements do not compete for one place in
    the cache.
    """
    size = np.dtype(dtype).itemsize
    lines = -(-width * size // LINE) | 1
    memory = np.zeros(n * lines * LINE + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    whole = memory[start : start + n * lines * LINE].view(dtype)
    return whole.reshape(n, lines * LINE // size)


class Memory:
    """What forward leaves for its backward."""

    def __init__(self, n: int, width: int, vectors: int, packed: list[int], dtype: Any) -> None:
        self.nodes = n
        self.K = aligned_rows(n, width, dtype)
        self.B = aligned_rows(1, vectors, dtype)[0]
        self.Q = [aligned_rows(1, size, dtype)[0] for size in packed]


class CompiledCell:
    """A cell's emitted functions, and the memory they work in."""

    def __init__(self, cell: Cell, dtype: Any) -> None:
        self.trace = trace(cell, dtype)
        self.emitted, self.source = build.write(self.trace, f"{type(cell).__name__}, {np.dtype(dtype)}")
        self.module = build.load(self.source)
        self.chain = cell.right_parts is not None
        self.dtype = np.dtype(dtype)
        writer = self.emitted.writer
        plan, layout = writer.plan, writer.layout
        self.P = [self._rows(1, _packed(r))[0] for r in plan.forward.rectangles]
        self._kept = max(1, layout.kept.width), max(1, writer.vectors.width)
        self._packed = [_packed(r) for r in plan.backward.rectangles]
        self.O = self._rows(CHUNK, layout.operand_width)
        self.Z = self._rows(TILE, layout.tile_width)
        self.E = self._rows(CHUNK, picked_width(writer))
        self.products = [self._rows(p.k[1] - p.k[0], p.n[1] - p.n[0]) for p in plan.weight_products]
        self.sums = np.empty(max(1, plan.backward.operands.width), dtype)
        parameters = self.trace.parameters
        self._taken = {
            "forward": [parameters[k] for k in self.emitted.forward_parameters],
            "backward": [parameters[k] for k in self.emitted.backward_parameters],
        }
        self._ends = np.cumsum([p.data.size for p in parameters]).tolist()
        has_gradient = [g is not None for g in self.trace.parameter_gradients]
        self.wanted = [k for k, has in enumerate(has_gradient) if has]
        self._unwanted = [k for k, has in enumerate(has_gradient) if not has]
        self._pool: list[Memory] = []

    def _rows(self, n: int, width: int) -> Array:
        return aligned_rows(n, width, self.dtype)

    def take(self, n: int) -> Memory:
        """Return memory for n inner nodes, to be given back."""
        if self._pool and self._pool[-1].nodes >= n:
            return self._pool.pop()
        return Memory(max(64, n + n // 4), *self._kept, self._packed, self.dtype)

    def give_back(self, memory: Memory) -> None:
        """Take memory for the next run."""
        if len(self._pool) < 2:
            self._pool.append(memory)

    def parameters(self, direction: str) -> list[Array]:
        """Return the parameters that "forward" or "backward" takes, as they are now."""
        return [np.ascontiguousarray(p.data) for p in self._taken[direction]]

    def new_gradients(self) -> list[Array]:
        """Return an array for every parameter's gradient, side by side: zeros where it gets none."""
        whole = np.empty(self._ends[-1] if self._ends else 0, self.dtype)
        gradients = []
        start = 0
        for end, p in zip(self._ends, self.trace.parameters, strict=True):
            gradients.append(whole[start:end].reshape(p.data.shape))
            start = end
        for k in self._unwanted:
            gradients[k][...] = 0
        return gradients


def _packed(r: Rectangle) -> int:
    return int(packed_size(r.k[1] - r.k[0], r.n[1] - r.n[0]))
