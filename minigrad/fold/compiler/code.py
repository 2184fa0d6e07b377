"""A cell's compiled functions, and the memory they work in."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler import build, machine_code
from minigrad.fold.compiler.memory import Memory
from minigrad.fold.compiler.reads import Reads
from minigrad.fold.compiler.sweep import ALL, Passes
from minigrad.fold.compiler.trace import trace
from minigrad.internal.addresses import Addresses

Array = np.ndarray


class CompiledCell:
    """A cell's emitted functions, and the memory they work in.

    Parameters
    ----------
    cell : Cell
    dtype
    reads : Reads, optional
        Of the cell; it learns what ``compose`` reads.
    passes : Passes
        The optimisations; the benchmark leaves some out.

    Attributes
    ----------
    size : int
        Elements of all parameters.
    width : int
        Elements of a node's state.
    widths : intp (parts,)
        Elements of each part of it.
    leaf_width : int
        Elements of a leaf's vector.
    leaves_written : bool
        Whether backward overwrites the gradients with respect to the leaves' vectors, or adds to them.
    values : Addresses
        Of the parameters.
    shared : Memory
        The buffers that all runs of the cell use, one after the other.
    """

    def __init__(self, cell: Cell, dtype: Any, reads: Reads | None = None, passes: Passes = ALL) -> None:
        self.trace = trace(cell, dtype, reads)
        title = f"{type(cell).__name__}, {np.dtype(dtype)}"
        self.emitted, self.source = build.write(self.trace, title, passes)
        self.module = machine_code.load(self.source)
        self.chain = cell.right_parts is not None
        vectors = [part.width for part in cell.right_parts or cell.parts if part.leaf == "vector"]
        self.leaf_width = vectors[0] if vectors else 0
        self.leaves_written = not self.chain and bool(vectors)
        self.dtype = np.dtype(dtype)
        buffers = self.emitted.writer.buffers
        self._kept = [buffer for buffer in buffers if buffer.kept]
        self.shared = Memory([buffer for buffer in buffers if not buffer.kept], 0, dtype)
        self.values = Addresses(self.trace.parameters, dtype, "fold")
        self.size = sum(p.size for p in self.trace.parameters)
        self.widths = np.array([part.width for part in self.trace.parts], np.intp)
        self.width = int(self.widths.sum())
        self._pool: list[Memory] = []
        self._no_masks = np.empty(0, np.bool_)

    @cached_property
    def addresses(self) -> tuple[int, ...]:
        """The addresses of `forward` and `backward`; they are compiled on first access."""
        return self.module.addresses(build.signatures(self.dtype))

    def parts(self, vector: Array) -> dict[str, Array]:
        """Cut a vector with the states of all nodes, part after part, into arrays (N, width) by part."""
        nodes = vector.size // self.width
        cut = np.split(vector, nodes * np.cumsum(self.widths))
        return {p.name: v.reshape(nodes, p.width) for p, v in zip(self.trace.parts, cut, strict=False)}

    def masks(self, nodes: int) -> Array:
        """Draw a mask (nodes, width) for every dropout; return them concatenated."""
        drawn = [(rng.random((nodes, s.shape[1])) >= p).ravel() for s, p, rng in self.trace.masks]
        return np.concatenate(drawn) if drawn else self._no_masks

    def take(self, n: int) -> Memory:
        """Return memory for n inner nodes; the caller gives it back."""
        if self._pool and self._pool[-1].nodes >= n:
            return self._pool.pop()
        return Memory(self._kept, max(64, n + n // 4), self.dtype, self.shared)

    def give_back(self, memory: Memory) -> None:
        """Keep memory for the next run."""
        if len(self._pool) < 2:
            self._pool.append(memory)
