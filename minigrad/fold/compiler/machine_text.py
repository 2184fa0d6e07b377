"""A cell's functions as LLVM IR: vectors as wide as the processor's, and calls of the shared kernels.

Within a row, an elementwise loop takes a vector at a time. The last one overlaps the one before it: what both
compute is the same, since no loop overwrites what it reads. A row that is shorter than a vector is masked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import reduce
from typing import Any, TypeAlias

from llvmlite import ir

from minigrad.fold.compiler.abi import Field
from minigrad.fold.compiler.backward import write_backward
from minigrad.fold.compiler.columns import aligned
from minigrad.fold.compiler.forward import write_forward
from minigrad.fold.compiler.gradients import Piece, expression, pieces
from minigrad.fold.compiler.layout import Rectangle, WeightRectangle
from minigrad.fold.compiler.memory import padded
from minigrad.fold.compiler.order import LEAVES, NODE
from minigrad.fold.compiler.program import Program
from minigrad.fold.compiler.writer import CHUNK, Place, Writer
from minigrad.kernels import along_row, elements
from minigrad.kernels.machine import new_function, new_module
from minigrad.kernels.packing import copy_row
from minigrad.kernels.shared import declare
from minigrad.kernels.vectors import BYTE, POINTER, WORD, Emitter, scalar_type
from minigrad.symbol import Symbol

Value: TypeAlias = ir.Value
RECORD = 8 * len(NODE)  # bytes of a node's, and of a tile's, five numbers


class MachineText(Writer):
    """Writes an LLVM module.

    Attributes
    ----------
    module : ir.Module
    """

    def __init__(self, program: Program, name: str, chunk: int = CHUNK) -> None:
        super().__init__(program, chunk)
        self.module = new_module(name)
        self._name = name
        self.dtype = self.trace.dtype
        self._number = {buffer.name: k for k, buffer in enumerate(self.buffers)}
        self._step = {
            buffer.name: padded(buffer.width, self.dtype) * self.dtype.itemsize for buffer in self.buffers
        }

    # Control flow

    @contextmanager
    def function(self, name: str) -> Iterator[None]:
        self._backward = name == "backward"
        function = new_function(
            self.module, f"{self._name}_{name}", ir.FunctionType(ir.VoidType(), [POINTER])
        )
        entry = function.append_basic_block("entry")
        self.e = e = Emitter(ir.IRBuilder(entry), scalar_type(self.dtype))
        self.b = e.builder
        self._frame = function.args[0]
        self._memory, self._parameters = self._pointer(Field.MEMORY), self._pointer(Field.PARAMETERS)
        self._buffer = {name: self._address(self._memory, number) for name, number in self._number.items()}
        self._tiles, self._nodes = self._pointer(Field.TILES), self._pointer(Field.NODES)
        self._leaf_rows, self._entries = self._pointer(Field.LEAF_ROWS), self._pointer(Field.ENTRIES)
        self._leaves = self._integer(Field.LEAVES)
        N = self.b.add(self._integer(Field.INNER), self._leaves)
        self._arrays: dict[str, tuple[Value, Any]] = {
            "table": (self._pointer(Field.TABLE), self._integer(Field.TABLE_STEP))
        }
        self._cut(N, Field.STATES, {f"state_{p.name}": p.width for p in self.trace.parts}, e.size)
        masks = {f"mask{k}": s.shape[1] for k, (s, _, _) in enumerate(self.trace.masks)}
        self._cut(N, Field.MASKS, masks, 1)
        if self._backward:
            self._cut(N, Field.TOTALS, {f"G_{p.name}": p.width for p in self.trace.parts}, e.size)
            self._arrays["G_leaves"] = self._pointer(Field.BY_LEAVES), self._integer(Field.TABLE_STEP)
        zero = e.integer(0)
        self._complete = self.b.icmp_signed("!=", self._integer(Field.COMPLETE), zero)
        yield
        self.b.ret_void()

    def _integer(self, field: Field) -> Value:
        return self.e.word(self._frame, field)

    def _pointer(self, field: Field) -> Value:
        return self._address(self._frame, field)

    def _address(self, base: Value, number: int) -> Value:
        return self.e.read(self.e.at(base, self.e.integer(8 * number)), POINTER)

    def _cut(self, nodes: Value, field: Field, widths: dict[str, int], size: int) -> None:
        start, base = 0, self._pointer(field)
        for name, width in widths.items():
            self._arrays[name] = self.e.row(base, nodes, start * size), width * size
            start += width

    @contextmanager
    def tiles(self) -> Iterator[None]:
        e, b = self.e, self.b
        keep = b.icmp_signed("!=", self._integer(Field.KEEP), e.integer(0))
        with e.loop(self._integer(Field.TILE_COUNT), unroll=False) as number:
            self._tile(number)
            kept = e.row(self._buffer["K"], self._first, self._step["K"])
            self._rows = {
                "k": (b.select(keep, kept, self._buffer["K"]), self._step["K"]),
                "u": (self._buffer["O"], self._step["O"]),
                "z": (self._buffer["Z"], self._step["Z"]),
            }
            yield

    def _tile(self, number: Value) -> None:
        e, b = self.e, self.b
        tile = e.row(self._tiles, number, RECORD)
        bounds = [e.word(tile, k) for k in range(5)]
        self._first, self._m = bounds[0], b.sub(bounds[4], bounds[0])
        self._node_records = e.row(self._nodes, self._first, RECORD)
        zero, whole = e.integer(0), (e.integer(0), self._m)
        if self._backward and self.chain:
            # one left child is a leaf, and all right children are: skip none
            self._sides = {"left": whole, "right": (zero, zero), "either": whole, None: whole}
            return
        left = b.sub(bounds[2], bounds[0]), self._m
        right = b.sub(bounds[1], bounds[0]), b.sub(bounds[3], bounds[0])
        self._sides = {"left": left, "right": right, "either": (right[0], self._m), None: whole}
        if self._backward:
            for side in ("left", "right", "either"):
                start, stop = self._sides[side]
                self._sides[side] = (
                    b.select(self._complete, zero, start),
                    b.select(self._complete, self._m, stop),
                )

    @contextmanager
    def chunks(self) -> Iterator[None]:
        e, b = self.e, self.b
        count, chunk = self._integer(Field.TILE_COUNT), e.integer(self.chunk)
        stop = e.variable(count)
        with e.repeat() as go_on:
            self._stop = e.read(stop)
            go_on(b.icmp_signed(">", self._stop, e.integer(0)))
            self._end = e.word(e.row(self._tiles, b.sub(self._stop, e.integer(1)), RECORD), 4)
            self._more = b.zext(b.icmp_signed("<", self._stop, count), WORD)
            first = e.variable(b.sub(self._stop, e.integer(1)))
            with e.repeat() as go_on_back:
                # Before the first tile there is none to be read: its own start is taken instead
                now = e.read(first)
                before = e.most(b.sub(now, e.integer(1)), e.integer(0))
                nodes = b.sub(self._end, e.word(e.row(self._tiles, before, RECORD), 0))
                fits = b.icmp_signed("<=", nodes, chunk)
                go_on_back(b.and_(fits, b.icmp_signed(">", now, e.integer(0))))
                b.store(before, first)
            self._first_tile = e.read(first)
            self._start = e.word(e.row(self._tiles, self._first_tile, RECORD), 0)
            yield
            b.store(self._first_tile, stop)

    @contextmanager
    def tiles_of_chunk(self) -> Iterator[None]:
        e, b = self.e, self.b
        last = b.sub(self._stop, e.integer(1))
        with e.loop(b.sub(self._stop, self._first_tile), unroll=False) as back:
            self._tile(b.sub(last, back))
            of_chunk = b.sub(self._first, self._start)
            self._rows = {
                "k": (e.row(self._buffer["K"], self._first, self._step["K"]), self._step["K"]),
                "u": (e.row(self._buffer["O"], of_chunk, self._step["O"]), self._step["O"]),
                "z": (self._buffer["Z"], self._step["Z"]),
            }
            yield

    @contextmanager
    def rows(self) -> Iterator[None]:
        with self._rows_of(self._m, self._rows, self._node_records):
            yield

    @contextmanager
    def _rows_of(self, m: Value, rows: dict[str, Any], records: Value) -> Iterator[None]:
        with self.e.loop(m, unroll=False) as i:
            self._row = {name: self.e.row(base, i, step) for name, (base, step) in rows.items()}
            self._record = self.e.row(records, i, RECORD)
            self._children: dict[str, Value] = {}
            yield

    def _of_node(self, name: str) -> Value:
        """Return a number of the current node: the row of a child, say."""
        if name not in self._children:
            self._children[name] = self.e.word(self._record, NODE.index(name))
        return self._children[name]

    def unless_complete(self) -> AbstractContextManager[None]:
        return self.b.if_then(self.b.not_(self._complete))

    def if_fresh(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        fresh = self.b.icmp_signed("!=", self._integer(Field.FRESH), self.e.integer(0))
        return self.b.if_then(fresh), self.b.if_then(self.b.not_(fresh))

    # Rows

    def _place(self, place: Place) -> Value:
        row, start = place
        return self.e.element(self._row[row], start)

    def _matrix_row(self, array: str, side: str) -> Value:
        number = self._of_node(side)
        if array == "table":
            number = self.e.read(self.e.row(self._entries, number, 8))
        return self.e.row(self._arrays[array][0], number, self._arrays[array][1])

    def gather(self, array: str, side: str, width: int, to: Place) -> None:
        copy_row(self.e, self._place(to), self._matrix_row(array, side), width)

    def scatter(self, width: int, source: Place, array: str, side: str, add: bool = False) -> None:
        copy_row(self.e, self._matrix_row(array, side), self._place(source), width, add)

    def clear(self, width: int, to: Place) -> None:
        self.e.clear(self._place(to), self.e.integer(width * self.e.size))

    def clear_blocks(self, start: int, stop: int) -> None:
        with self.rows():
            self.clear(stop - start, ("z", start))

    # Elementwise loops

    @contextmanager
    def columns(self, width: int) -> Iterator[None]:
        e = self.e
        self._loaded: dict[tuple[Any, ...], Value] = {}
        self._stores: list[tuple[Value, Value]] = []
        self._masked = width < e.lanes
        if self._masked:
            self._column: Value = e.integer(0)
            e.mask_lanes(e.integer(width))
            yield
            self._store_all()
        else:
            vectors = -(-width // e.lanes)
            with e.loop(e.integer(vectors), unroll=False) as number:
                column = e.times(number, e.integer(e.lanes))
                if width % e.lanes:
                    column = e.least(column, e.integer(width - e.lanes))
                self._column = column
                yield
                self._store_all()

    def _store_all(self) -> None:
        # After everything has been loaded: LLVM can't tell that a store changes nothing that is loaded later
        for value, place in self._stores:
            self.e.store(value, place, self._masked)

    def _columns_of(self, base: Value, start: int, width: int) -> Value:
        key = id(base), start, width
        if key not in self._loaded:
            place = self.e.element(base, start)
            if width == 1:
                value = self.e.splat(self.b.load(place, align=self.e.size, typ=self.e.scalar))
            else:
                value = self.e.load(self.e.element(place, self._column), self._masked)
            self._loaded[key] = value
        return self._loaded[key]

    def number(self, x: Any) -> Value:
        return self.e.number(x)

    def is_leaf(self, side: str) -> Value:
        return self.e.splat(self.b.icmp_signed("!=", self._of_node(f"{side}_leaf"), self.e.integer(0)))

    def mask(self, number: int, width: int) -> Value:
        e, b = self.e, self.b
        place, bytes_ = self._matrix_row(f"mask{number}", "row"), ir.VectorType(BYTE, e.lanes)
        if width == 1:
            return e.splat(b.trunc(b.load(place, typ=BYTE), ir.IntType(1)))
        place = e.at(place, self._column)
        if self._masked:  # a vector would reach beyond the masks
            lanes = ir.Constant(bytes_, ir.Undefined)
            for lane in range(width):
                byte = b.load(e.at(place, e.integer(lane)), typ=BYTE)
                lanes = b.insert_element(lanes, byte, ir.Constant(ir.IntType(32), lane))
        else:
            lanes = b.load(place, align=1, typ=bytes_)
        return b.trunc(lanes, ir.VectorType(ir.IntType(1), e.lanes))

    def parameter(self, start: int, width: int) -> Value:
        return self._columns_of(self._buffer["B"], start, width)

    def element(self, place: Place, width: int) -> Value:
        return self._columns_of(self._row[place[0]], place[1], width)

    def apply(self, s: Symbol, op: str, operands: Sequence[Value]) -> Value:
        if op != "sum":
            return elements.emit(self.e, op, *operands)
        total = operands[0]
        for operand in operands[1:]:
            total = elements.emit(self.e, "add", total, operand)
        return total

    def store(self, value: Value, place: Place) -> None:
        self._stores.append((value, self.e.element(self._place(place), self._column)))

    def as_number(self, bits: Value) -> Value:
        return elements.emit(self.e, "where", bits, self.e.number(1), self.e.zero)

    def as_bits(self, number: Value) -> Value:
        return elements.emit(self.e, "ne", number, self.e.zero)

    def row_op(self, op: str, operands: Sequence[tuple[Place, int]], to: Place) -> None:
        rows = [self._place(place) for place, _ in operands]
        along_row.emit(self.e, op, self._place(to), rows, [width for _, width in operands])

    # Products

    def _call(self, name: str, *arguments: Any) -> None:
        values = [self.e.integer(a) if isinstance(a, int) else a for a in arguments]
        self.b.call(declare(self.module, name, self.dtype), values)

    def _matrix(self, number: int) -> Value:
        return self._buffer[f"{'Q' if self._backward else 'P'}{number}"]

    def product(self, number: int, r: Rectangle, operand: Place, add: bool) -> None:
        e = self.e
        start, stop = self._sides[r.side]
        (base, step), (z, z_step) = self._rows[operand[0]], self._rows["z"]
        x = e.element(e.row(base, start, step), operand[1])
        to = e.element(e.row(z, start, z_step), r.n[0])
        m, k, n = self.b.sub(stop, start), r.k[1] - r.k[0], r.n[1] - r.n[0]
        self._call("product_packed", to, z_step, x, step, self._matrix(number), m, k, n, int(add))

    def weight_product(self, number: int, p: WeightRectangle) -> None:
        e, b = self.e, self.b
        k, n, name = p.k[1] - p.k[0], p.n[1] - p.n[0], "O" if p.given else "K"
        first = e.integer(0) if p.given else self._start
        rows = {
            "x": (e.row(self._buffer[name], first, self._step[name]), self._step[name]),
            "u": (self._buffer["O"], self._step["O"]),
        }
        m = b.sub(self._end, self._start)
        x, g = e.element(rows["x"][0], p.k[0]), e.element(self._buffer["O"], self.layout.V + p.n[0])
        x_step, g_step = self._step[name], self._step["O"]
        if p.side:  # the rows of the nodes whose child on that side is not a leaf are gathered first
            place = e.variable(self._buffer["E"])
            of_chunk = e.row(self._nodes, self._start, RECORD)
            with (
                self._rows_of(m, rows, of_chunk),
                b.if_then(self._has_inner(p.side)),
            ):
                to = e.read(place, POINTER)
                copy_row(e, to, self._place(("x", p.k[0])), k)
                copy_row(e, e.element(to, aligned(k)), self._place(("u", self.layout.V + p.n[0])), n)
                b.store(e.at(to, e.integer(self._step["E"])), place)
            gathered = b.sub(b.ptrtoint(e.read(place, POINTER), WORD), b.ptrtoint(self._buffer["E"], WORD))
            m = b.udiv(gathered, e.integer(self._step["E"]))
            x, g = self._buffer["E"], e.element(self._buffer["E"], aligned(k))
            x_step = g_step = self._step["E"]
        x, g = (x, x_step), (g, g_step)
        target = self.targets.get(number)
        if target is None:
            to = self._buffer[f"dW{number}"], self._step[f"dW{number}"]
            self._call("product_tn", *to, *x, *g, m, k, n, self._more)
        else:
            to = e.element(self._pointer(Field.GRADIENT), target.start), target.shape[1] * e.size
            operands = (*g, *x, m, n, k) if target.turned else (*x, *g, m, k, n)
            self._call("product_tn", *to, *operands, self._more if target.first else 1)

    def _has_inner(self, side: str) -> Value:
        """Return whether a node's child on a side, or on either, is not a leaf."""
        leaf = reduce(self.b.and_, map(self._of_node, LEAVES[side]))
        return self.b.icmp_signed("==", leaf, self.e.integer(0))

    def add_sums(self, start: int, stop: int) -> None:
        e, width = self.e, stop - start
        m, rows = self.b.sub(self._end, self._start), {"u": (self._buffer["O"], self._step["O"])}
        with self._rows_of(m, rows, self._nodes):
            copy_row(
                e,
                e.element(self._buffer["sums"], start),
                self._place(("u", self.layout.V + start)),
                width,
                add=True,
            )

    # Whole minibatches

    def _weight(self, number: int) -> Value:
        halved = number in self.trace.halved
        return self._buffer[f"H{number}"] if halved else self._address(self._parameters, number)

    def halve_weights(self, first: int, second: int, size: int) -> None:
        given = [self._address(self._parameters, number) for number in (first, second)]
        self._call("butterfly", self._weight(first), self._weight(second), *given, size)

    def halve_gradients(self, starts: tuple[int, int], size: int, turned: bool) -> None:
        places = [self.e.element(self._pointer(Field.GRADIENT), start) for start in starts]
        self._call("butterfly", *(places[::-1] if turned else places), *places, size)

    def copy_vector(self, parameter: int, start: int, size: int) -> None:
        copy_row(self.e, self.e.element(self._buffer["B"], start), self._weight(parameter), size)

    def new_matrix(self, number: int, shape: tuple[int, int], filled: bool) -> None:
        if not filled:
            name = f"{'Q' if self._backward else 'P'}{number}"
            self.e.clear(self._matrix(number), self.e.integer(self._step[name]))

    def place_weight(
        self, number: int, shape: tuple[int, int], at: tuple[int, int], parameter: Symbol, turned: bool
    ) -> None:
        rows, columns = parameter.shape[::-1] if turned else parameter.shape
        step = parameter.shape[1] * self.e.size
        weight = self._weight(parameter.args[0])
        self._call("pack", self._matrix(number), *shape, *at, weight, step, rows, columns, int(turned))

    def place_leaves(self) -> None:
        e = self.e
        with e.loop(self._leaves, unroll=False) as i:
            row, entry = (e.read(e.row(base, i, 8)) for base in (self._leaf_rows, self._entries))
            for part in self.trace.parts:
                base, step = self._arrays[f"state_{part.name}"]
                to = e.row(base, row, step)
                if part.leaf == "vector" and not self.chain:
                    table, table_step = self._arrays["table"]
                    copy_row(e, to, e.row(table, entry, table_step), part.width)
                else:
                    e.clear(to, e.integer(step))

    def clear_sums(self) -> None:
        self.e.clear(self._buffer["sums"], self.e.integer(self._step["sums"]))

    def leaf_gradients(self) -> None:
        e = self.e
        vectors = [p for p in self.trace.parts if p.leaf == "vector"]
        if not vectors:
            return
        with e.loop(self._leaves, unroll=False) as i:
            row = e.read(e.row(self._leaf_rows, i, 8))
            to = e.row(*self._at_row("G_leaves", i))
            for k, part in enumerate(vectors):
                copy_row(e, to, e.row(*self._at_row(f"G_{part.name}", row)), part.width, add=k > 0)

    def _at_row(self, array: str, row: Value) -> tuple[Value, Value, Any]:
        base, step = self._arrays[array]
        return base, row, step

    def gradient(self, start: int, shape: tuple[int, ...], g: Symbol | None) -> None:
        e = self.e
        to = e.element(self._pointer(Field.GRADIENT), start)
        rows, columns = shape if len(shape) == 2 else (1, math.prod(shape))
        if g is None:
            e.clear(to, e.integer(rows * columns * e.size))
            return
        found = pieces(self.layout, g)
        if found is not None:
            self._sum(to, (rows, columns), found)
        else:
            self._element_by_element(to, (rows, columns), g)

    def _sum(self, to: Value, shape: tuple[int, int], found: list[Piece]) -> None:
        rows, columns = shape
        for number, piece in enumerate(found):
            kernel, shape = ("transpose", (columns, rows)) if piece.turned else ("copy", (rows, columns))
            self._call(kernel, to, columns * self.e.size, *self._piece(piece), *shape, int(number > 0))

    def _piece(self, piece: Piece) -> tuple[Value, int]:
        name = f"dW{piece.number}"
        row = self.e.row(self._buffer[name], self.e.integer(piece.row), self._step[name])
        return self.e.element(row, piece.column), self._step[name]

    def _element_by_element(self, to: Value, shape: tuple[int, int], g: Symbol) -> None:
        """Write what is not a sum of products: one element at a time, in the first lane of a vector."""
        e = self.e
        with (
            e.loop(e.integer(shape[0]), unroll=False) as i,
            e.loop(e.integer(shape[1]), unroll=False) as j,
        ):
            e.mask_lanes(e.integer(1))

            def part(s: Symbol, turned: bool) -> Value | None:
                at = (j, i) if turned else (i, j)
                if s in self.layout.products:
                    piece = self._piece(Piece(*self.layout.products[s], turned))
                    return e.load(e.element(e.row(piece[0], at[0], piece[1]), at[1]), masked=True)
                if s in self.layout.sums:
                    place = e.element(self._buffer["sums"], self.layout.sums[s])
                    return e.load(e.element(place, j), masked=True)
                return None

            value = expression(g, part, self.number, lambda op, *args: elements.emit(e, op, *args))
            e.store(value, e.element(e.row(to, i, shape[1] * e.size), j), masked=True)


def machine_source(program: Program, name: str, chunk: int = CHUNK) -> str:
    """Return a program's functions as the text of an LLVM module; their names begin with `name`."""
    w = MachineText(program, name, chunk)
    write_forward(w)
    write_backward(w)
    return str(w.module)
