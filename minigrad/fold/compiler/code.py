"""A cell's functions, and the memory they work in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler import (
    abi,
    backward,
    columns,
    forward,
    gradients,
    machine_text,
    matrices,
    memory,
    order,
    writer,
)
from minigrad.fold.compiler.abi import Call
from minigrad.fold.compiler.machine_text import machine_source
from minigrad.fold.compiler.memory import Memory
from minigrad.fold.compiler.numpy_text import NumpyText
from minigrad.fold.compiler.passes import Pass, optimise
from minigrad.fold.compiler.reads import Reads
from minigrad.fold.compiler.rooms import SPARE, Rooms
from minigrad.fold.compiler.trace import trace
from minigrad.fold.compiler.writer import CHUNK
from minigrad.internal.addresses import Addresses
from minigrad.internal.pool import Pool
from minigrad.kernels import (
    JIT_ENABLED,
    activations,
    along_row,
    elements,
    jit,
    machine,
    objects,
    packing,
    product,
    shared,
    vectors,
)
from minigrad.kernels.machine import address
from minigrad.waiting import waiting

Array = np.ndarray
FUNCTIONS = ("forward", "backward")
# The files that decide on the shared kernels' machine code, and with the NumPy text on that of cells.
KERNELS: tuple[ModuleType, ...] = (machine, packing, product, shared, vectors)
LOWERING: tuple[ModuleType, ...] = (
    *KERNELS,
    *(activations, along_row, elements, jit),
    *(abi, backward, columns, forward, gradients, machine_text, matrices, memory, order, writer),
)


class CompiledCell:
    """A cell's functions, and the memory they work in.

    Parameters
    ----------
    cell : Cell
    dtype
    reads : Reads, optional
        Of the cell; it learns what ``compose`` reads.
    passes : sequence of passes, optional
        All of `PASSES` if left out.
    chunk : int
        See `Writer`.

    Attributes
    ----------
    source : str
        The functions as Python with NumPy.
    size : int
        Elements of all parameters.
    gradient_size : int
        Elements of what backward gives for the weights: as many, unless NumPy makes the gradients of it.
    width : int
        Elements of a node's state.
    widths : intp (parts,)
        Elements of each part of it.
    leaf_width : int
        Elements of a leaf's vector.
    leaves_written : bool
        Whether backward overwrites the gradients with respect to the leaves' vectors, or adds to them.
    addresses : tuple of int
        Of `forward` and `backward` in machine code; none without a JIT.
    values : Addresses
        Of the parameters.
    rooms : Rooms
        For steps without a graph.

    Raises
    ------
    UnsupportedError
        If an op has no rule; the text names it.
    """

    def __init__(
        self,
        cell: Cell,
        dtype: Any,
        reads: Reads | None = None,
        passes: Iterable[Pass] | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.program, self.chunk = optimise(trace(cell, dtype, reads), passes), chunk
        self.trace = self.program.trace
        self._title = f"{type(cell).__name__}, {self.dtype}"
        text = NumpyText(self.program, chunk)
        self.source = text.source(self._title)
        self.chain = cell.right_parts is not None
        widths = [part.width for part in cell.right_parts or cell.parts if part.leaf == "vector"]
        self.leaf_width = widths[0] if widths else 0
        self.leaves_written = not self.chain and bool(widths)
        self._kept = [buffer for buffer in text.buffers if buffer.kept]
        self._scratch = [buffer for buffer in text.buffers if not buffer.kept]
        self.values = Addresses(self.trace.parameters, dtype, "fold")
        self.size = sum(p.size for p in self.trace.parameters)
        self.outer = self.program.outer
        self.gradient_size = self.size if self.outer is None else self.outer.size
        self.widths = np.array([part.width for part in self.trace.parts], np.intp)
        self.width = int(self.widths.sum())
        self.rooms = Rooms()
        self._pool: Pool[Memory] = Pool()
        self._workspaces: list[Memory] = []
        self._no_masks = np.empty(0, np.bool_)
        self._functions = self._machine_code() if JIT_ENABLED else {}
        self.addresses = tuple(function.address for function in self._functions.values())

    def _machine_code(self) -> dict[str, Any]:
        name = module_name(self.source)
        with waiting(f"compiling {self._title}"):
            load_kernels(self.dtype)
            objects.load(name, lambda: machine_source(self.program, name, self.chunk))
        return {function: machine.entry(name, f"{name}_{function}") for function in FUNCTIONS}

    @cached_property
    def _reference(self) -> dict[str, Any]:
        scope: dict[str, Any] = {}
        exec(compile(self.source, f"<fold_source of {type(self).__name__}>", "exec"), scope)
        return scope

    def call(self, function: str, given: Call) -> None:
        """Call `forward` or `backward`."""
        if self.addresses:
            with self.buffers(given.memory) as pointers:
                frame = given.frame(pointers)
                self._functions[function](address(frame))
        else:
            given.python(self._reference[function], self.trace.weight_names)

    def weights(self) -> tuple[Array, list[Array]]:
        """Return what rows read, parameters and what is derived from them: addresses, and the arrays."""
        if self.outer is None:
            return self.values.pointers, self.values.held
        found = self._reference["before"](dict(zip(self.trace.names, self.values.held, strict=True)))
        derived = list(map(np.ascontiguousarray, found))
        held = [*self.values.held, *derived]
        return np.array([address(array) for array in held], np.intp), held

    def finish(self, sums: Array, held: list[Array], to_parameters: Array) -> None:
        """Make the parameters' gradients of what backward has given for the weights."""
        parameters = dict(zip(self.trace.names, held, strict=False))
        by_parameter = self._reference["after"](parameters, sums)
        np.concatenate([g.ravel() for g in by_parameter], out=to_parameters)

    def parts(self, vector: Array) -> dict[str, Array]:
        """Cut a vector with the states of all nodes, part after part, into arrays (N, width) by part."""
        nodes = vector.size // self.width
        cut = np.split(vector, nodes * np.cumsum(self.widths))
        return {p.name: v.reshape(nodes, p.width) for p, v in zip(self.trace.parts, cut, strict=False)}

    def masks(self, nodes: int) -> Array:
        """Draw a mask (nodes, width) for every dropout; return them concatenated."""
        drawn = [(rng.random((nodes, s.shape[1])) >= p).ravel() for s, p, rng in self.trace.masks]
        return np.concatenate(drawn) if drawn else self._no_masks

    def mask_rows(self, masks: Array, nodes: int, rows: Array) -> Array:
        """Return the masks of some nodes, given those of all."""
        if not self.trace.masks:
            return self._no_masks
        ends = np.cumsum([nodes * s.shape[1] for s, _, _ in self.trace.masks], dtype=int)
        picked = [mask.reshape(nodes, -1)[rows].ravel() for mask in np.split(masks, ends)[:-1]]
        return np.concatenate(picked)

    def take(self, n: int) -> Memory:
        """Return memory for n inner nodes; the caller gives it back."""
        spare = self._pool.take(lambda memory: memory.nodes >= n)
        return Memory(self._kept, max(64, n + n // 4), self.dtype) if spare is None else spare

    def give_back(self, memory: Memory) -> None:
        """Keep memory for the next runs."""
        self._pool.give_back(memory, SPARE)

    @contextmanager
    def buffers(self, memory: Memory) -> Iterator[Array]:
        """Lend the addresses of all buffers: of `memory`, and of scratch that nobody else has meanwhile."""
        scratch = self.take_scratch()
        try:
            yield memory.with_scratch(scratch)
        finally:
            self.give_back_scratch(scratch)

    def take_scratch(self) -> Memory:
        """Return scratch; the caller gives it back."""
        try:
            return self._workspaces.pop()
        except IndexError:
            return Memory(self._scratch, 0, self.dtype)

    def give_back_scratch(self, scratch: Memory) -> None:
        """Keep scratch for the next runs."""
        self._workspaces.append(scratch)


def module_name(source: str) -> str:
    """Return the name of a cell's machine code, given its NumPy text."""
    return objects.key("fold", [source], LOWERING)


def load_kernels(dtype: Any) -> str:
    """Have the shared kernels in this process; return their module's name."""
    name = objects.key("kernels", [np.dtype(dtype).name], KERNELS)
    objects.load(name, lambda: str(shared.shared_module(dtype)))
    return name
