"""From a plan to the text of a Python module that Numba compiles.

The module has two functions, `forward` and `backward`, each over a whole minibatch. Tile by tile they copy
what a node's equations read into its rows of the arrays that layout.py describes, and compute there. Rows of
few arrays, because LLVM vectorises a loop over many arrays only if it can rule out that they overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.fold.compiler.columns import Columns
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.rules import RULES
from minigrad.fold.compiler.sweep import Sweep
from minigrad.symbol import Symbol, UnsupportedError

# The rows of a tile whose child on a side is no leaf, or all of them.
SIDES = {"left": "l0:l1", "right": "r0:r1", None: ":m"}


class Writer:
    """Writes the lines that both directions have in common.

    Attributes
    ----------
    lines : list of str
    vectors : Columns
        Of the parameters that elementwise loops read: they stand side by side in the vector B.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.trace = plan, plan.trace
        self.layout = Layout(plan)
        self.parts = [p.name for p in self.trace.parts]
        self.chain = self.trace.children["right"] is not self.trace.parts  # right children are words
        self.masks = [f"mask{k}" for k in range(len(self.trace.masks))]
        self.lines: list[str] = []
        self._depth = 0
        self.vectors = self._find_vectors()

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
        """Write lines at the present depth."""
        self.lines += ["    " * self._depth + line if line else "" for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a head, and what follows one step deeper."""
        self.emit(head)
        self._depth += 1
        yield
        self._depth -= 1

    def function(self, name: str, arguments: list[str], decorator: str = "compiled") -> Any:
        """Write the head of a function."""
        self.emit("", "", f"@{decorator}")
        return self.block(f"def {name}({', '.join(arguments)}):")

    def row(self) -> Any:
        """Write the head of a loop over the rows of a tile."""
        # Unsigned, since Numba would otherwise have every index checked for counting from the end.
        return self.block("for i in range(np.uint64(m)):")

    def copy(self, width: int, to: str, value: str) -> None:
        """Write a loop over the elements of a row."""
        with self.block(f"for j in range({width}):"):
            self.emit(f"{to} = {value}")

    # What both directions do

    def gather_children(self) -> None:
        """Copy the children's states into the columns of operands."""
        for (side, name), s in self.trace.inputs.items():
            columns = self.plan.forward.operands
            if s in columns.start:
                to = self.layout.element("u", columns.start[s], s.shape[1])
                child = f"np.uint64({side}[a + np.int64(i)])"
                if not self.reads_words(side):
                    self.emit(f"x = state_{name}[{child}]")
                    self.copy(s.shape[1], to, "x[j]")
                elif self.is_vector(name):
                    self.emit(f"x = table[np.uint64(words[{child}])]")
                    self.copy(s.shape[1], to, "x[j]")
                else:
                    self.copy(s.shape[1], to, "zero")

    def reads_words(self, side: str) -> bool:
        """Tell whether the children on a side are words, numbered among the leaves: a chain's right ones."""
        return side == "right" and self.chain

    def is_vector(self, name: str) -> bool:
        """Tell whether that part of a chain's word is its vector; if not, it is zero."""
        return next(p for p in self.trace.children["right"] if p.name == name).leaf == "vector"

    def sweep(self, sweep: Sweep, packed: str) -> None:
        """Write the loops and the products of a tile."""
        if sweep.blocks.width:
            self.emit(f"Z[:m, :{sweep.blocks.width}] = zero")
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
                    self.emit(f"add_product_packed(Z[{rows}, {n0}:{n1}], {operands}, {packed}{number})")

    def _statements(self, sweep: Sweep, statements: list[Symbol]) -> None:
        computed: set[Symbol] = set()
        places = self.layout.loads(sweep)

        def load(a: Any) -> str:
            return f"v{a.id}" if isinstance(a, Symbol) and a in computed else self._load(a, places)

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

    def _load(self, a: Any, places: list[tuple[str, Columns]]) -> str:
        if not isinstance(a, Symbol):
            return f"T({a!r})" if isinstance(a, int | float) and not isinstance(a, bool) else repr(a)
        if a.op == "is_leaf":
            return f"{a.args[0]}_leaf[a + np.int64(i)]"
        if a.op == "mask":
            return f"mask{a.args[0]}[rows[a + np.int64(i)], {'j' if a.shape[1] > 1 else '0'}]"
        if a in self.vectors.start:
            return f"B[{self.vectors.start[a]} + {'j' if a.size > 1 else '0'}]"
        address = self.layout.address(a, places)
        if address is None:
            raise UnsupportedError(f"{a.op} of weights")
        return address


def constants(dtype: np.dtype[Any]) -> str:
    """Return the lines that give the emitted code its numbers."""
    return f"T = np.{dtype.name}\nzero, half, one = T(0), T(0.5), T(1)\n"
