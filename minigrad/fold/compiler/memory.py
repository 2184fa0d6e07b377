"""The arrays that a cell's emitted functions work in: how long they are, and where they lie.

The functions are given one vector of addresses instead of the arrays, and know their shapes as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from minigrad.fold.compiler.columns import aligned
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.order import TILE
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Rectangle
from minigrad.internal.addresses import address
from minigrad.kernels.packing import packed_size

Array = np.ndarray
LINE = 64  # bytes of a cache line


class Room(NamedTuple):
    """An array of the emitted functions.

    Attributes
    ----------
    name : str
    rows : int or None
        None for as many as there are inner nodes; 0 for a vector.
    width : int
    kept : bool
        Whether backward reads what forward has left there.
    """

    name: str
    rows: int | None
    width: int
    kept: bool = False


def rooms(plan: Plan, layout: Layout, vectors: int) -> list[Room]:
    """Return all arrays; see `Layout`, `Writer` and `WeightProduct` for what they hold.

    Parameters
    ----------
    plan, layout
    vectors : int
        Elements of the parameters that elementwise loops read.
    """
    picked = [p for p in plan.weight_products if p.side]
    width = max([aligned(p.k[1] - p.k[0]) + p.n[1] - p.n[0] for p in picked], default=1)
    return [
        Room("K", None, layout.kept.width, True),
        Room("B", 0, vectors, True),
        *(Room(f"Q{k}", 0, _packed(r), True) for k, r in enumerate(plan.backward.rectangles)),
        *(Room(f"P{k}", 0, _packed(r)) for k, r in enumerate(plan.forward.rectangles)),
        Room("O", plan.passes.chunk, layout.operand_width),
        Room("Z", TILE, layout.tile_width),
        Room("E", plan.passes.chunk, width),
        *(Room(f"dW{k}", p.k[1] - p.k[0], p.n[1] - p.n[0]) for k, p in enumerate(plan.weight_products)),
        Room("sums", 0, plan.backward.operands.width),
    ]


def _packed(r: Rectangle) -> int:
    return packed_size(r.k[1] - r.k[0], r.n[1] - r.n[0])


def padded(width: int, dtype: Any) -> int:
    """Return how far rows of some width lie apart: an odd number of cache lines.

    If it were even, the elements of a column would compete for few places in the cache.
    """
    size = np.dtype(dtype).itemsize
    return (-(-max(1, width) * size // LINE) | 1) * LINE // size


class Memory:
    """Arrays that begin at cache lines.

    Parameters
    ----------
    arrays : Rooms
    nodes : int
        How many inner nodes there is room for.
    dtype
    others : Memory, optional
        More arrays, whose addresses shall follow.

    Attributes
    ----------
    nodes : int
    bytes : uint8 array
        All there is, zeros at first.
    pointers : intp (arrays and others,)
        The addresses.
    """

    def __init__(self, arrays: Iterable[Room], nodes: int, dtype: Any, others: Memory | None = None) -> None:
        self.nodes = nodes
        sizes = [
            (nodes if room.rows is None else max(1, room.rows)) * padded(room.width, dtype) for room in arrays
        ]
        ends = np.cumsum(sizes, dtype=np.intp) * np.dtype(dtype).itemsize
        self.bytes = np.zeros(int(ends[-1]) + LINE, np.uint8)
        start = address(self.bytes)
        own = start + -start % LINE + np.concatenate([[0], ends[:-1]])
        self.pointers: Array = own if others is None else np.concatenate([own, others.pointers])
