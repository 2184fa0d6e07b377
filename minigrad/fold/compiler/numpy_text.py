"""A cell's functions as Python with NumPy: to be read, and to be run where there is no JIT, and by tests.

It computes tile by tile in the same buffers and in the same order as the machine code does. Its products are
NumPy's, and the matrices of products are not packed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from minigrad.fold.compiler.backward import write_backward
from minigrad.fold.compiler.forward import write_forward
from minigrad.fold.compiler.gradients import expression
from minigrad.fold.compiler.layout import Rectangle, WeightRectangle
from minigrad.fold.compiler.order import LEAVES, NODE, TILE
from minigrad.fold.compiler.program import Program
from minigrad.fold.compiler.writer import CHUNK, Place, Writer
from minigrad.kernels import along_row, elements
from minigrad.symbol import Symbol

# The rows of a tile whose child on a side, or on either, is no leaf; or all
SIDES = {"left": "l0:l1", "right": "r0:r1", "either": "r0:l1", None: ":"}
GIVEN = "tiles, nodes, leaf_rows, entries, table, states, masks, kept, parameters"
HEADER = '''"""{title}: the functions that fold(cell, mode="compiled") runs, as Python.

The machine code does the same, in the same buffers; minigrad/fold/README.md explains it. Rows of a tile are
those of its nodes: k is what forward saves for backward, u the operands of products, z everything else.
"""

import numpy as np

T = np.{dtype}


def columns(vector, rows, start, stop):
    """Return a part of all states: a matrix with a row for each node."""
    return vector[start * rows : stop * rows].reshape(rows, stop - start)

'''


class NumpyText(Writer):
    """Writes lines of Python.

    Attributes
    ----------
    lines : list of str
    """

    def __init__(self, program: Program, chunk: int = CHUNK) -> None:
        super().__init__(program, chunk)
        self.lines: list[str] = []
        self._depth = 0
        self._names = self.trace.weight_names
        self._outer = program.outer
        self._backward = False

    def source(self, title: str) -> str:
        """Return the program's functions as the text of a Python module."""
        self.lines = []
        write_forward(self)
        write_backward(self)
        if self._outer is not None:
            self.emit("", "", *self._outer.text)
        header = HEADER.format(title=title, dtype=self.trace.dtype.name)
        if any("special." in line for line in self.lines):
            header = header.replace("import numpy as np\n", "import numpy as np\nfrom scipy import special\n")
        return header.rstrip() + "\n" + "\n".join(self.lines).rstrip() + "\n"

    def emit(self, *lines: str) -> None:
        """Write lines at the current indentation."""
        self.lines += ["    " * self._depth + line if line else "" for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write the head of a block and indent what follows."""
        self.emit(head)
        self._depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.emit("pass")
        self._depth -= 1

    # Control flow

    @contextmanager
    def function(self, name: str) -> Iterator[None]:
        self._backward = name == "backward"
        self.emit("", "")
        extra = ("complete, fresh", ", totals, G_leaves, gradient") if self._backward else ("keep", "")
        with self.block(f"def {name}({extra[0]}, {GIVEN}{extra[1]}):"):
            self._buffers()
            self._cut("states", "state")
            if self._backward:
                self._cut("totals", "G")
            start = 0
            for k, (s, _, _) in enumerate(self.trace.masks):
                stop = start + s.shape[1]
                self.emit(f"mask{k} = columns(masks, len(nodes) + len(leaf_rows), {start}, {stop})")
                start = stop
            yield

    def _buffers(self) -> None:
        rows = {"O": self.chunk if self._backward else TILE, "Z": TILE}
        self.emit('K = kept["K"]')
        for buffer in self.buffers:
            if buffer.name in rows:
                self.emit(f"{buffer.name} = np.zeros(({rows[buffer.name]}, {buffer.width}), T)")
        if self.vectors.width:
            new = "" if self._backward else f" = np.zeros({self.vectors.width}, T)"
            self.emit(f'B = kept["B"]{new}')

    def _cut(self, vector: str, prefix: str) -> None:
        start = 0
        for part in self.trace.parts:
            stop = start + part.width
            self.emit(
                f"{prefix}_{part.name} = columns({vector}, len(nodes) + len(leaf_rows), {start}, {stop})"
            )
            start = stop

    @contextmanager
    def tiles(self) -> Iterator[None]:
        with self.block("for t in tiles:"):
            self._tile()
            self.emit("k, u, z = K[t[0] : t[4]] if keep else K[:m], O[:m], Z[:m]")
            yield

    def _tile(self) -> None:
        self.emit(f"m, {', '.join(NODE)} = t[4] - t[0], *nodes[t[0] : t[4]].T")
        if self._backward and self.chain:  # one left child is a leaf, and all right children are: skip none
            self.emit("l0, l1, r0, r1 = 0, m, 0, 0")
        elif any(
            p.side
            for sweep in (self.layout.forward.sweep, self.layout.backward.sweep)
            for p in sweep.products
        ):
            self.emit("l0, l1, r0, r1 = t[2] - t[0], m, t[1] - t[0], t[3] - t[0]")
            if self._backward:
                with self.block("if complete:"):
                    self.emit("l0, l1, r0, r1 = 0, m, 0, m")

    @contextmanager
    def chunks(self) -> Iterator[None]:
        self.emit("stop = len(tiles)")
        with self.block("while stop > 0:"):
            self.emit("first = stop - 1")
            with self.block("while first > 0 and tiles[stop - 1, 4] - tiles[first - 1, 0] <= len(O):"):
                self.emit("first -= 1")
            self.emit("start, end = tiles[first, 0], tiles[stop - 1, 4]")
            yield
            self.emit("stop = first")

    @contextmanager
    def tiles_of_chunk(self) -> Iterator[None]:
        with self.block("for t in tiles[first:stop][::-1]:"):
            self._tile()
            self.emit("k, u, z = K[t[0] : t[4]], O[t[0] - start : t[4] - start], Z[:m]")
            yield

    @contextmanager
    def rows(self) -> Iterator[None]:
        yield

    def unless_complete(self) -> AbstractContextManager[None]:
        return self.block("if not complete:")

    def if_fresh(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return self.block("if fresh:"), self.block("else:")

    # Rows

    def _slice(self, place: Place, width: int) -> str:
        row, start = place
        return f"{row}[:, {start}:{start + width}]"

    def gather(self, array: str, side: str, width: int, to: Place) -> None:
        index = f"entries[{side}]" if array == "table" else side
        self.emit(f"{self._slice(to, width)} = {array}[{index}]")

    def scatter(self, width: int, source: Place, array: str, side: str, add: bool = False) -> None:
        self.emit(f"{array}[{side}] {'+=' if add else '='} {self._slice(source, width)}")

    def clear(self, width: int, to: Place) -> None:
        self.emit(f"{self._slice(to, width)} = 0")

    def clear_blocks(self, start: int, stop: int) -> None:
        self.emit(f"z[:, {start}:{stop}] = 0")

    # Elementwise loops

    @contextmanager
    def columns(self, width: int) -> Iterator[None]:
        self._width = width
        yield

    def number(self, x: Any) -> str:
        return elements.number(x)

    def is_leaf(self, side: str) -> str:
        return f"({side}_leaf[:, None] != 0)"

    def mask(self, number: int, width: int) -> str:
        return f"mask{number}[row]"

    def parameter(self, start: int, width: int) -> str:
        return f"B[{start}:{start + width}]"

    def element(self, place: Place, width: int) -> str:
        return self._slice(place, width)

    def apply(self, s: Symbol, op: str, operands: Sequence[str]) -> str:
        value = " + ".join(operands) if op == "sum" else elements.text(op, *operands)
        self.emit(f"v{s.id} = {value}")
        return f"v{s.id}"

    def store(self, value: str, place: Place) -> None:
        self.emit(f"{self._slice(place, self._width)} = {value}")

    def as_number(self, bits: str) -> str:
        return bits  # NumPy does it

    def as_bits(self, number: str) -> str:
        return f"({number} != 0)"

    def row_op(self, op: str, operands: Sequence[tuple[Place, int]], to: Place) -> None:
        widths = [width for _, width in operands]
        value, width = along_row.text(op, [self._slice(place, width) for place, width in operands], widths)
        self.emit(f"{self._slice(to, width)} = {value}")

    # Products

    def product(self, number: int, r: Rectangle, operand: Place, add: bool) -> None:
        (row, k0), k, (n0, n1), rows = operand, r.k[1] - r.k[0], r.n, SIDES[r.side]
        matrix = self._matrix(number)
        sign = "+=" if add else "="
        self.emit(f"z[{rows}, {n0}:{n1}] {sign} {row}[{rows}, {k0}:{k0 + k}] @ {matrix}")

    def weight_product(self, number: int, p: WeightRectangle) -> None:
        (k0, k1), (n0, n1), v = p.k, p.n, self.layout.V
        x = f"{'O[: end - start' if p.given else 'K[start:end'}, {k0}:{k1}]"
        g = f"O[: end - start, {v + n0}:{v + n1}]"
        if p.side:
            flags = [f"nodes[start:end, {NODE.index(name)}]" for name in LEAVES[p.side]]
            self.emit(f"inner = {' * '.join(flags)} == 0")
            x, g = f"{x}[inner]", f"{g}[inner]"
        to, target = f"dW{number}", self.targets.get(number)
        if target is not None:
            to = f"{self._gradient(target.start, target.shape)}.reshape{target.shape}[:]"
            x, g = (g, x) if target.turned else (x, g)
        self.emit(f"{to} += {x}.T @ {g}")

    def add_sums(self, start: int, stop: int) -> None:
        v = self.layout.V
        self.emit(f"sums[{start}:{stop}] += O[: end - start, {v + start}:{v + stop}].sum(0)")

    # Whole minibatches

    def _matrix(self, number: int) -> str:
        return f'kept["Q{number}"]' if self._backward else f"P{number}"

    def _weight(self, number: int) -> str:
        return f'kept["H{number}"]' if number in self.trace.halved else self._parameter(number)

    def _parameter(self, number: int) -> str:
        return f'parameters["{self._names[number]}"]'

    def halve_weights(self, first: int, second: int, size: int) -> None:
        self.emit(f"a, b = {self._parameter(first)}, {self._parameter(second)}")
        self.emit(f'kept["H{first}"], kept["H{second}"] = (a + b) / 2, (a - b) / 2')

    def halve_gradients(self, starts: tuple[int, int], size: int, turned: bool) -> None:
        places = [self._gradient(start, (size,)) for start in starts]
        self.emit(f"a, b = {', '.join(places)}")
        self.emit(f"{', '.join(places[::-1] if turned else places)} = (a + b) / 2, (a - b) / 2")

    def copy_vector(self, parameter: int, start: int, size: int) -> None:
        self.emit(f"B[{start}:{start + size}] = {self._parameter(parameter)}")

    def new_matrix(self, number: int, shape: tuple[int, int], filled: bool) -> None:
        self.emit(f"{self._matrix(number)} = np.zeros({shape}, T)")

    def place_weight(
        self, number: int, shape: tuple[int, int], at: tuple[int, int], parameter: Symbol, turned: bool
    ) -> None:
        (k0, n0), (k, n) = at, parameter.shape[::-1] if turned else parameter.shape
        value = f"{self._weight(parameter.args[0])}{'.T' * turned}"
        self.emit(f"{self._matrix(number)}[{k0}:{k0 + k}, {n0}:{n0 + n}] = {value}")

    def place_leaves(self) -> None:
        for part in self.trace.parts:
            vector = part.leaf == "vector" and not self.chain
            self.emit(f"state_{part.name}[leaf_rows] = {'table[entries]' if vector else '0'}")

    def clear_sums(self) -> None:
        for number, p in enumerate(self.layout.weights):
            if number not in self.targets:
                self.emit(f"dW{number} = np.zeros(({p.k[1] - p.k[0]}, {p.n[1] - p.n[0]}), T)")
        for target in (t for t in self.targets.values() if t.first):
            self.emit(f"{self._gradient(target.start, target.shape)} = 0")
        if self.layout.sums:
            self.emit(f"sums = np.zeros({self.layout.backward.operands.width}, T)")

    def leaf_gradients(self) -> None:
        for k, part in enumerate(p for p in self.trace.parts if p.leaf == "vector"):
            self.emit(f"G_leaves[:] {'+=' if k else '='} G_{part.name}[leaf_rows]")

    def gradient(self, start: int, shape: tuple[int, ...], g: Symbol | None) -> None:
        to = self._gradient(start, shape)
        if g is None:
            self.emit(f"{to} = 0")
            return
        value = expression(
            g, self._gradient_part, self.number, lambda op, *args: f"({elements.text(op, *args)})"
        )
        if len(shape) > 1:
            self.emit(f"{to} = ({value.removeprefix('(').removesuffix(')')}).ravel()")
        else:
            self.emit(f"{to} = {value}")

    def _gradient(self, start: int, shape: tuple[int, ...]) -> str:
        return f"gradient[{start}:{start + math.prod(shape)}]"

    def _gradient_part(self, s: Symbol, turned: bool) -> str | None:
        if s in self.layout.products:
            number, k, n = self.layout.products[s]
            return f"dW{number}[{k}:{k + s.shape[0]}, {n}:{n + s.shape[1]}]{'.T' * turned}"
        if s in self.layout.sums:
            return f"sums[{self.layout.sums[s]}:{self.layout.sums[s] + s.shape[0]}]"
        return None
