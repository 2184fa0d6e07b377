"""What forward and backward at a tile of nodes consist of, whatever language they are written in.

`forward.py`, `backward.py` and `matrices.py` say what a cell's functions do, in terms of a `Writer`. There
are two: `numpy_text.py` writes Python with NumPy, to be read and to be the reference; `machine_text.py`
writes LLVM IR. For one tile after another the functions gather what the nodes' equations read into rows of
the buffers that layout.py describes, and compute there.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from minigrad.fold.compiler.columns import Columns, merged
from minigrad.fold.compiler.gradients import targets
from minigrad.fold.compiler.layout import Directed, Layout, Rectangle, WeightRectangle
from minigrad.fold.compiler.memory import buffers
from minigrad.fold.compiler.program import Program
from minigrad.fold.compiler.views import COPIES, ROW_OPS
from minigrad.symbol import Symbol, UnsupportedError

Value = Any
CHUNK = 128  # nodes: few enough that their operands stay in the second-level cache
Place = tuple[str, int]  # the row of a buffer, and a column in it


class Writer(ABC):
    """Writes the functions of a program.

    Parameters
    ----------
    program : Program
    chunk : int
        How many nodes backward accumulates the weights' gradients over at a time.

    Attributes
    ----------
    trace, layout
    gradients : list of (shape, Symbol or None)
        What backward writes for the weights, see `Program`.
    chain : bool
        Whether right children are a chain's inputs, which have no states.
    vectors : Columns
        Of the parameters that elementwise loops read: they are concatenated in the vector B.
    targets : dict int -> Target
    buffers : list of Buffer
        What the functions work in, in the order of the addresses.
    """

    def __init__(self, program: Program, chunk: int = CHUNK) -> None:
        self.trace, self.gradients, self.chunk = program.trace, program.gradients, chunk
        self.layout = Layout(program)
        self.chain = self.trace.children["right"] is not self.trace.parts
        self.vectors = _vectors(program)
        self.targets = targets(self.layout)
        self.buffers = buffers(self.layout, self.targets, self.vectors.width, chunk)

    # Control flow

    @abstractmethod
    def function(self, name: str) -> AbstractContextManager[None]:
        """Write a function, `forward` or `backward`."""

    @abstractmethod
    def tiles(self) -> AbstractContextManager[None]:
        """Write a loop over all tiles, from first to last; in forward."""

    @abstractmethod
    def chunks(self) -> AbstractContextManager[None]:
        """Write a loop over all chunks, from last to first; in backward."""

    @abstractmethod
    def tiles_of_chunk(self) -> AbstractContextManager[None]:
        """Write a loop over a chunk's tiles, from last to first."""

    @abstractmethod
    def rows(self) -> AbstractContextManager[None]:
        """Write a loop over the nodes of a tile."""

    @abstractmethod
    def unless_complete(self) -> AbstractContextManager[None]:
        """Write what a backward that is called to complete gradients leaves out."""

    @abstractmethod
    def if_fresh(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """Write two cases: no child's gradient has been set; or they have, and are added to."""

    # Rows

    @abstractmethod
    def gather(self, array: str, side: str, width: int, to: Place) -> None:
        """Copy the row of a matrix that belongs to a node, or its child on a side, to a buffer."""

    @abstractmethod
    def scatter(self, width: int, source: Place, array: str, side: str, add: bool = False) -> None:
        """Copy, or add, columns of a buffer to the row of a matrix."""

    @abstractmethod
    def clear(self, width: int, to: Place) -> None:
        """Set columns of a buffer to zero."""

    @abstractmethod
    def clear_blocks(self, start: int, stop: int) -> None:
        """Set columns of Z to zero, in all rows of a tile."""

    # Elementwise loops

    @abstractmethod
    def columns(self, width: int) -> AbstractContextManager[None]:
        """Write a loop over the columns of a row."""

    @abstractmethod
    def number(self, x: Any) -> Value:
        """Return a number."""

    @abstractmethod
    def is_leaf(self, side: str) -> Value:
        """Return whether the child on a side is a leaf."""

    @abstractmethod
    def mask(self, number: int, width: int) -> Value:
        """Return the mask of a dropout."""

    @abstractmethod
    def parameter(self, start: int, width: int) -> Value:
        """Return an element of the vector B."""

    @abstractmethod
    def element(self, place: Place, width: int) -> Value:
        """Return an element of a row; of all columns the same one if the width is 1."""

    @abstractmethod
    def apply(self, s: Symbol, op: str, operands: Sequence[Value]) -> Value:
        """Return the result of an operation, which the symbol stands for."""

    @abstractmethod
    def store(self, value: Value, place: Place) -> None:
        """Store an element of a row."""

    @abstractmethod
    def as_number(self, bits: Value) -> Value:
        """Return the result of a comparison as 1 and 0."""

    @abstractmethod
    def as_bits(self, number: Value) -> Value:
        """Return 1 and 0 as the result of a comparison."""

    @abstractmethod
    def row_op(self, op: str, operands: Sequence[tuple[Place, int]], to: Place) -> None:
        """Write one of `ROW_OPS` for a row; operands are (where it stands, its width)."""

    # Products

    @abstractmethod
    def product(self, number: int, r: Rectangle, operand: Place, add: bool) -> None:
        """Multiply columns of a buffer by a packed matrix."""

    @abstractmethod
    def weight_product(self, number: int, p: WeightRectangle) -> None:
        """Add a chunk's contribution to a product over all nodes."""

    @abstractmethod
    def add_sums(self, start: int, stop: int) -> None:
        """Add a chunk's contribution to sums over all nodes."""

    # Whole minibatches

    @abstractmethod
    def copy_vector(self, parameter: int, start: int, size: int) -> None:
        """Copy a parameter into the vector B."""

    @abstractmethod
    def new_matrix(self, number: int, shape: tuple[int, int], filled: bool) -> None:
        """Begin the matrix of a product: set it to zero, unless weights will fill it."""

    @abstractmethod
    def place_weight(
        self, number: int, shape: tuple[int, int], at: tuple[int, int], parameter: Symbol, turned: bool
    ) -> None:
        """Copy a parameter, or its transpose, into the matrix of a product."""

    @abstractmethod
    def halve_weights(self, first: int, second: int, size: int) -> None:
        """Let two parameters be read as their half sum and their half difference."""

    @abstractmethod
    def halve_gradients(self, starts: tuple[int, int], size: int, turned: bool) -> None:
        """Replace two gradients by half their sum and half their difference, or the reverse if turned."""

    @abstractmethod
    def place_leaves(self) -> None:
        """Set the leaves' states."""

    @abstractmethod
    def clear_sums(self) -> None:
        """Set the sums over all nodes to zero."""

    @abstractmethod
    def leaf_gradients(self) -> None:
        """Copy the gradients with respect to the leaves' vectors out of the totals."""

    @abstractmethod
    def gradient(self, start: int, shape: tuple[int, ...], g: Symbol | None) -> None:
        """Put a parameter's gradient together; it is zero if there is none."""

    # What both directions do

    def gather_children(self) -> None:
        """Gather the children's states, and sums and differences of them, into the columns of operands."""
        columns = self.layout.forward.operands
        for (side, name), s in self.trace.inputs.items():
            if s in columns.start:
                width, to = s.shape[1], ("u", columns.start[s])
                if not self.reads_inputs(side):
                    self.gather(f"state_{name}", side, width, to)
                elif self.is_vector(name):
                    self.gather("table", side, width, to)
                else:
                    self.clear(width, to)
        for width, made in itertools.groupby(self.layout.program.gathered, lambda s: s.shape[1]):
            with self.columns(width):
                for s in made:
                    values = [self.element(("u", columns.start[a]), width) for a in s.args]
                    self.store(self.apply(s, s.op, values), ("u", columns.start[s]))

    def reads_inputs(self, side: str) -> bool:
        """Tell whether the children on a side are a chain's inputs, which are numbered among the leaves."""
        return side == "right" and self.chain

    def is_vector(self, name: str) -> bool:
        """Tell whether this part of a chain's input is its vector; otherwise it is zero."""
        return next(p for p in self.trace.children["right"] if p.name == name).leaf == "vector"

    def sweep(self, of: Directed) -> None:
        """Write the loops and the products of a tile."""
        fresh, cleared = _first(of)
        for start, stop in merged(cleared):
            self.clear_blocks(start, stop)
        numbers = itertools.count()
        for stage, rectangles in zip(of.sweep.stages, of.rectangles, strict=True):
            for loop in stage.loops:
                if loop.statements[0].op in ROW_OPS:
                    self._along_row(of, loop.statements[0])
                    continue
                with self.rows(), self.columns(loop.width):
                    self._statements(of, loop.statements)
            for r in rectangles:
                column = r.k[0] + (self.layout.V if of is self.layout.backward else 0)
                add = next(numbers) not in fresh
                self.product(of.matrices[r.matrix], r, ("u" if r.given else "k", column), add)

    def _statements(self, of: Directed, statements: Iterable[Symbol]) -> None:
        computed: dict[Symbol, Value] = {}
        buffers, sums = self.layout.loads(of), of.sweep.sums

        def load(a: Any) -> Value:
            return computed[a] if isinstance(a, Symbol) and a in computed else self._load(a, buffers)

        for s in statements:
            if s in sums:
                block = self.element(self.layout.column("z", of.blocks.start[s]), s.shape[1])
                value = self.apply(s, "sum", [block, *map(load, sums[s].others)])
            else:
                value = self.apply(s, "copy" if s.op in COPIES else s.op, [*map(load, of.sweep.reads(s))])
            computed[s] = value
            for place in self.layout.places(s, self.layout.stores(of)):
                self.store(self.as_number(value) if _is_bits(s) else value, place)

    def _along_row(self, of: Directed, s: Symbol) -> None:
        operands = [(self._find(a, self.layout.loads(of)), a.shape[1]) for a in s.args]
        for place in self.layout.places(s, self.layout.stores(of)):
            with self.rows():
                self.row_op(s.op, operands, place)

    def _find(self, a: Symbol, buffers: list[tuple[str, Columns]]) -> Place:
        found = self.layout.find(a, buffers)
        if found is None:
            raise UnsupportedError(f"{a.op} of weights")
        return found

    def _load(self, a: Any, buffers: list[tuple[str, Columns]]) -> Value:
        if not isinstance(a, Symbol):
            return self.number(a)
        if a.op == "is_leaf":
            return self.is_leaf(a.args[0])
        if a.op == "mask":
            return self.mask(a.args[0], a.shape[1])
        if a in self.vectors.start:
            return self.parameter(self.vectors.start[a], a.size)
        value = self.element(self._find(a, buffers), a.shape[1])
        return self.as_bits(value) if _is_bits(a) else value


def _is_bits(s: Symbol) -> bool:
    """Tell whether a symbol is the result of a comparison: buffers hold it as 1 and 0."""
    return bool(s.dtype == np.bool_)


def _vectors(program: Program) -> Columns:
    vectors = Columns()
    for sweep in (program.forward, program.backward):
        for loop in sweep.loops:
            for s in loop.statements:
                for a in (a for a in sweep.reads(s) if isinstance(a, Symbol) and a.op == "parameter"):
                    if a.size not in (1, loop.width):
                        raise UnsupportedError(f"a parameter of shape {a.shape} in an elementwise op")
                    if a not in vectors.start:
                        vectors.start[a] = vectors.width
                        vectors.width += a.size
    return vectors


def _first(of: Directed) -> tuple[set[int], list[tuple[int, int]]]:
    """Return the products that may overwrite their columns of Z, and the columns to be zeroed beforehand.

    A product that skips rows, or some of whose columns have been written to, adds instead.
    """
    fresh: set[int] = set()
    cleared: list[tuple[int, int]] = []
    written = np.zeros(of.blocks.width, bool)
    for number, r in enumerate(itertools.chain(*of.rectangles)):
        n0, n1 = r.n
        if r.side is None and not written[n0:n1].any():
            fresh.add(number)
        else:
            cleared += [(n, n + 1) for n in range(n0, n1) if not written[n]]
        written[n0:n1] = True
    return fresh, cleared
