"""Emit a plan as the text of a Python module that Numba compiles.

The module has two functions, `forward` and `backward`, each over a whole minibatch. For one tile after
another they gather what the nodes' equations read into rows of the buffers that layout.py describes, and
compute there. There are few buffers, because LLVM vectorises a loop only if it can prove that its arrays do
not alias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.fold.compiler.columns import Columns
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.memory import buffers, padded
from minigrad.fold.compiler.order import NODE
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Sweep
from minigrad.symbol import RULES, Symbol, UnsupportedError

# The rows of a tile whose child on a side is not a leaf, or all of them.
SIDES = {"left": "l0:l1", "right": "r0:r1", None: ":m"}


class Writer:
    """Writes the lines that forward and backward have in common.

    Attributes
    ----------
    lines : list of str
    vectors : Columns
        Of the parameters that elementwise loops read: they are concatenated in the vector B.
    buffers : list of Buffer
        What the functions work in, in the order of the addresses.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.trace = plan, plan.trace
        self.layout = Layout(plan)
        self.chain = self.trace.children["right"] is not self.trace.parts  # right children are inputs
        self.lines: list[str] = []
        self._depth = 0
        self.vectors = self._find_vectors()
        self.buffers = buffers(plan, self.layout, self.vectors.width)

    def _find_vectors(self) -> Columns:
        vectors = Columns()
        for sweep in (self.plan.forward, self.plan.backward):
            for loop in (loop for loops in sweep.stages for loop in loops):
                for s in loop.statements:
                    read = sweep.terms[s][1] if s in sweep.terms else s.args
                    for a in (a for a in read if isinstance(a, Symbol) and a.op == "parameter"):
                        if a.shape != (loop.width,):
                            raise UnsupportedError(f"a parameter of shape {a.shape} in an elementwise op")
                        if a not in vectors.start:
                            vectors.start[a] = vectors.width
                            vectors.width += a.size
        return vectors

    # Lines

    def emit(self, *lines: str) -> None:
        """Write lines at the current indentation."""
        self.lines += ["    " * self._depth + line if line else "" for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write the head of a block and indent what follows."""
        self.emit(head)
        self._depth += 1
        yield
        self._depth -= 1

    def function(self, name: str, arguments: list[str], decorator: str = "compiled") -> Any:
        """Write the head of a function."""
        self.emit("", "", f"@{decorator}")
        return self.block(f"def {name}({', '.join(arguments)}):")

    def arrays(self, *names: str) -> None:
        """Write lines that make arrays of the addresses of buffers."""
        for k, buffer in enumerate(self.buffers):
            if buffer.name in names:
                width = padded(buffer.width, self.trace.dtype)
                rows = "len(nodes)" if buffer.rows is None else buffer.rows
                shape = f"({width},)" if buffer.rows == 0 else f"({rows}, {width})"
                self.emit(f"{buffer.name} = carray(pointer(memory[{k}], zero), {shape})")

    def weights(self, numbers: Iterable[int]) -> None:
        """Write lines that make arrays of the addresses of parameters."""
        for k in numbers:
            shape = self.trace.parameters[k].shape
            self.emit(f"w{k} = carray(pointer(parameters[{k}], zero), {shape})")

    def states(self) -> None:
        """Write lines that cut the parts of all states, and the masks of dropout, out of their vectors."""
        self.emit("N = len(nodes) + len(leaf_rows)")
        self.side_by_side("states", {f"state_{p.name}": p.width for p in self.trace.parts})
        self.side_by_side("masks", {f"mask{k}": s.shape[1] for k, (s, _, _) in enumerate(self.trace.masks)})

    def side_by_side(self, vector: str, widths: Mapping[str, int]) -> None:
        """Write lines that cut matrices with a row per node out of a vector, one after the other."""
        start = 0
        for name, width in widths.items():
            self.emit(f"{name} = {vector}[{start} * N : {start + width} * N].reshape((N, {width}))")
            start += width

    def node(self, side: str) -> str:
        """Return the text of a node's row, or of that of its child on a side."""
        return f"np.uint64(nodes[base + i, {NODE.index(side)}])"

    def is_leaf(self, side: Any) -> str:
        """Return the text of whether a node's child on a side is a leaf."""
        return f"(nodes[base + i, {NODE.index(f'{side}_leaf')}] != 0)"

    def row(self) -> Any:
        """Write the head of a loop over the rows of a tile."""
        # Unsigned, since Numba would otherwise check every index for being negative.
        return self.block("for i in range(np.uint64(m)):")

    def copy(self, width: int, to: tuple[str, int], value: tuple[str, int], add: bool = False) -> None:
        """Write that elements of a row are copied, or added, to another; each given as (row, column)."""
        self.emit(f"{'add' if add else 'copy'}_row({to[0]}, {to[1]}, {value[0]}, {value[1]}, {width})")

    def clear(self, width: int, row: str, start: int = 0) -> None:
        """Write that some elements of a row are set to zero."""
        self.emit(f"{row}[{start} : {start + width}] = zero")

    # What both directions do

    def gather_children(self) -> None:
        """Write that the children's states are gathered into the columns of operands."""
        for (side, name), s in self.trace.inputs.items():
            columns = self.plan.forward.operands
            if s in columns.start:
                start, width, child = columns.start[s], s.shape[1], self.node(side)
                if not self.reads_inputs(side):
                    self.copy(width, ("u", start), (f"state_{name}[{child}]", 0))
                elif self.is_vector(name):
                    self.copy(width, ("u", start), (f"table[np.uint64(entries[{child}])]", 0))
                else:
                    self.clear(width, "u", start)

    def reads_inputs(self, side: str) -> bool:
        """Tell whether the children on a side are a chain's inputs, which are numbered among the leaves."""
        return side == "right" and self.chain

    def is_vector(self, name: str) -> bool:
        """Tell whether this part of a chain's input is its vector; otherwise it is zero."""
        return next(p for p in self.trace.children["right"] if p.name == name).leaf == "vector"

    def sweep(self, sweep: Sweep, packed: str) -> None:
        """Write the loops and the products of a tile."""
        fresh, cleared = _first(sweep)
        for start, stop in merged(cleared):
            self.emit(f"Z[:m, {start}:{stop}] = zero")
        for stage, loops in enumerate(sweep.stages):
            for loop in loops:
                with self.row():
                    self.emit("k, u, z = Kt[i], Ot[i], Z[i]")
                    with self.block(f"for j in range({loop.width}):"):
                        self._statements(sweep, loop.statements)
            for number, r in enumerate(sweep.rectangles):
                if r.stage == stage:
                    (k0, k1), (n0, n1) = r.k, r.n
                    rows, array = SIDES[r.side], "Ot" if r.given else "Kt"
                    if sweep is self.plan.backward:
                        k0, k1 = self.layout.V + k0, self.layout.V + k1
                    operands = f"{array}[{rows}, {k0}:{k1}]"
                    block, add = f"Z[{rows}, {n0}:{n1}]", number not in fresh
                    self.emit(f"product_packed({block}, {operands}, {packed}{number}, {add})")

    def _statements(self, sweep: Sweep, statements: list[Symbol]) -> None:
        computed: set[Symbol] = set()
        buffers = self.layout.loads(sweep)

        def load(a: Any) -> str:
            return f"v{a.id}" if isinstance(a, Symbol) and a in computed else self._load(a, buffers)

        for s in statements:
            self.emit(f"v{s.id} = {self._expression(s, sweep, load)}")
            computed.add(s)
            for row, columns in self.layout.stores(sweep):
                if s in columns.start:
                    self.emit(f"{self.layout.element(row, columns.start[s], s.shape[1])} = v{s.id}")

    def _expression(self, s: Symbol, sweep: Sweep, load: Callable[[Any], str]) -> str:
        if s in sweep.terms:
            block = self.layout.element("z", sweep.blocks.start[s], s.shape[1])
            return " + ".join([block, *map(load, sweep.terms[s][1])])
        if s.op not in RULES:
            raise UnsupportedError(s.op)
        return RULES[s.op].format(*map(load, s.args))

    def _load(self, a: Any, buffers: list[tuple[str, Columns]]) -> str:
        if not isinstance(a, Symbol):
            return f"T({a!r})" if isinstance(a, int | float) and not isinstance(a, bool) else repr(a)
        if a.op == "is_leaf":
            return self.is_leaf(a.args[0])
        if a.op == "mask":
            return f"mask{a.args[0]}[{self.node('row')}, {'j' if a.shape[1] > 1 else '0'}]"
        if a in self.vectors.start:
            return f"B[{self.vectors.start[a]} + {'j' if a.size > 1 else '0'}]"
        found = self.layout.find(a, buffers)
        if found is None:
            raise UnsupportedError(f"{a.op} of weights")
        return self.layout.element(*found, a.shape[1])


def _first(sweep: Sweep) -> tuple[set[int], list[tuple[int, int]]]:
    """Return the products that may overwrite their columns of Z, and the columns to be zeroed beforehand.

    A product that skips rows, or some of whose columns have been written to, adds instead.
    """
    fresh: set[int] = set()
    cleared: list[tuple[int, int]] = []
    written = np.zeros(sweep.blocks.width, bool)
    for number, r in sorted(enumerate(sweep.rectangles), key=lambda item: (item[1].stage, item[0])):
        n0, n1 = r.n
        if r.side is None and not written[n0:n1].any():
            fresh.add(number)
        else:
            cleared += [(n, n + 1) for n in range(n0, n1) if not written[n]]
        written[n0:n1] = True
    return fresh, cleared


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join adjacent ranges."""
    out: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], stop)
        else:
            out.append((start, stop))
    return out


def constants(dtype: np.dtype[Any]) -> str:
    """Return the lines that define the emitted code's constants."""
    return f"T, I = np.{dtype.name}, np.intp\nzero, half, one = T(0), T(0.5), T(1)\n"
