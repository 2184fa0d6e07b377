"""The buffers that a cell's emitted functions work in: their sizes and addresses.

The functions take one vector of addresses instead of the buffers; the shapes are constants in their text.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minigrad.fold.compiler.columns import aligned
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.order import TILE
from minigrad.kernels.machine import address
from minigrad.kernels.packing import packed_size

Array = np.ndarray
LINE = 64  # bytes of a cache line


class Buffer(NamedTuple):
    """A buffer of the emitted functions.

    Attributes
    ----------
    name : str
    rows : int or None
        None: as many as there are inner nodes. 0: the buffer is a vector.
    width : int
    kept : bool
        Whether backward reads what forward has stored there.
    """

    name: str
    rows: int | None
    width: int
    kept: bool = False


def buffers(layout: Layout, targets: Container[int], vectors: int, chunk: int) -> list[Buffer]:
    """Return all buffers; see `Layout`, `Writer` and `WeightRectangle` for what they hold.

    Parameters
    ----------
    layout
    targets
        The numbers of those products over all nodes that need no matrix.
    vectors : int
        How many elements the parameters in elementwise loops have.
    chunk : int
        Nodes of a chunk.
    """
    picked = [p for p in layout.weights if p.side]
    width = max([aligned(p.k[1] - p.k[0]) + p.n[1] - p.n[0] for p in picked], default=1)
    traced = layout.program.trace
    P, Q = (of.matrices for of in (layout.forward, layout.backward))
    return [
        Buffer("K", None, layout.forward.kept.width, True),
        Buffer("B", 0, vectors, True),
        *(Buffer(f"Q{k}", 0, packed_size(*matrix[:2]), True) for k, matrix in enumerate(Q)),
        *(Buffer(f"H{k}", 0, traced.parameters[k].size, True) for k in traced.halved),
        *(Buffer(f"P{k}", 0, packed_size(*matrix[:2])) for k, matrix in enumerate(P)),
        Buffer("O", chunk, layout.operand_width),
        Buffer("Z", TILE, layout.tile_width),
        Buffer("E", chunk, width),
        *(
            Buffer(f"dW{k}", p.k[1] - p.k[0], p.n[1] - p.n[0])
            for k, p in enumerate(layout.weights)
            if k not in targets
        ),
        Buffer("sums", 0, layout.backward.operands.width),
    ]


def padded(width: int, dtype: Any) -> int:
    """Return the stride of rows of some width, in elements: an odd number of cache lines.

    With an even number, the elements of a column would map to few of the cache's sets and evict each other.
    """
    size = np.dtype(dtype).itemsize
    return (-(-max(1, width) * size // LINE) | 1) * LINE // size


class Memory:
    """Buffers that begin at cache lines.

    Parameters
    ----------
    buffers : sequence of Buffer
    nodes : int
        The largest number of inner nodes that fits.
    dtype

    Attributes
    ----------
    nodes : int
    bytes : uint8 array
        The memory of all buffers; zeros at first.
    pointers : intp (buffers,)
        The addresses.
    """

    def __init__(self, buffers: Sequence[Buffer], nodes: int, dtype: Any) -> None:
        self.nodes, self._dtype, self._kept_width = nodes, np.dtype(dtype), buffers[0].width
        sizes = [(nodes if b.rows is None else max(1, b.rows)) * padded(b.width, dtype) for b in buffers]
        ends = np.cumsum(sizes, dtype=np.intp) * np.dtype(dtype).itemsize
        self.bytes = np.zeros(int(ends[-1]) + LINE, np.uint8)
        start = address(self.bytes)
        self._scratch: Memory | None = None
        self._both: Array
        self.pointers: Array = start + -start % LINE + np.concatenate([[0], ends[:-1]])

    def with_scratch(self, scratch: Memory) -> Array:
        """Return the addresses of the buffers of both."""
        if self._scratch is not scratch:
            self._scratch, self._both = scratch, np.concatenate([self.pointers, scratch.pointers])
        return self._both

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers."""
        return self.bytes.nbytes

    @cached_property
    def kept(self) -> dict[str, Array]:
        """What forward keeps for backward where both are Python: K, a row for each inner node, and more."""
        return {"K": np.zeros((self.nodes, max(1, self._kept_width)), self._dtype)}
