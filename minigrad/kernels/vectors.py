"""The words in which functions are written as LLVM IR: vectors in registers, loads and stores, loops."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core.registry import cpu_target

WORD = ir.IntType(64)
POINTER = ir.PointerType()
BYTE, BIT = ir.IntType(8), ir.IntType(1)


def _register_tile() -> tuple[int, int, int]:
    """Return the bytes of a vector, and the rows and vectors of the largest tile that fits the registers."""
    # The strings Numba hands to LLVM and keys its cache by: NUMBA_CPU_NAME and _FEATURES are in them.
    triple, _, text = cpu_target.target_context.codegen().magic_tuple()
    features = set(text.split(","))
    if "+avx512f" in features:
        return 64, 8, 3  # 24 sums and 3 vectors of B, in 32 registers
    if "+avx2" in features and "+fma" in features:
        return 32, 6, 2  # 12 sums, 2 vectors of B and an element of A, in 16 registers
    if triple.startswith(("aarch64", "arm64")):
        return 16, 8, 3
    return 16, 4, 2  # a multiply apart from its add takes one register more


VECTOR_BYTES, ROWS, VECTORS = _register_tile()


def scalar_type(dtype: Any) -> ir.Type:
    """Return LLVM's type of a number: float for float32, double for float64."""
    return ir.FloatType() if np.dtype(dtype).itemsize == 4 else ir.DoubleType()


class Emitter:
    """Writes the body of a function: vectors of `scalar`, at byte offsets from pointers.

    Parameters
    ----------
    builder : ir.IRBuilder
    scalar : ir.Type
        ``float`` or ``double``.

    Attributes
    ----------
    size : int
        Bytes of a number.
    lanes : int
        Numbers in a vector.
    vector : ir.Type
    zero : ir.Constant
        A vector of zeros.
    """

    def __init__(self, builder: ir.IRBuilder, scalar: ir.Type) -> None:
        self.builder, self.scalar = builder, scalar
        self.size = 4 if isinstance(scalar, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.size
        self.vector = ir.VectorType(scalar, self.lanes)
        self.zero = ir.Constant(self.vector, None)
        self.mask: ir.Value | None = None

    # Integers

    def integer(self, value: int) -> ir.Constant:
        """Return a constant."""
        return ir.Constant(WORD, value)

    def plus(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """Return the sum of two integers; constants are added at once."""
        if _is_number(x) and _is_number(y):
            return self.integer(x.constant + y.constant)
        if _is_number(x) and x.constant == 0:
            return y
        if _is_number(y) and y.constant == 0:
            return x
        return self.builder.add(x, y)

    def times(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """Return the product of two integers; constants are multiplied at once."""
        if _is_number(x) and _is_number(y):
            return self.integer(x.constant * y.constant)
        if _is_number(x) and x.constant == 1:
            return y
        if _is_number(y) and y.constant == 1:
            return x
        return self.builder.mul(x, y)

    def least(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """Return the smaller of two integers."""
        return self.builder.select(self.builder.icmp_signed("<", x, y), x, y)

    def most(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """Return the larger of two integers."""
        return self.builder.select(self.builder.icmp_signed(">", x, y), x, y)

    # Control flow

    @contextmanager
    def loop(
        self, stop: ir.Value, start: ir.Value | None = None, step: int = 1, unroll: bool = True
    ) -> Iterator[ir.Value]:
        """Write a loop; yields its index, from `start`, 0 if left out, up to `stop`."""
        b = self.builder
        head, body, end = (b.append_basic_block(name) for name in ("head", "body", "end"))
        before = b.block
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(WORD)
        index.add_incoming(self.integer(0) if start is None else start, before)
        b.cbranch(b.icmp_signed("<", index, stop), body, end)
        b.position_at_end(body)
        yield index
        index.add_incoming(b.add(index, self.integer(step)), b.block)
        again = b.branch(head)
        if not unroll:
            self.keep_rolled(again)
        b.position_at_end(end)

    def keep_rolled(self, again: ir.Instruction) -> None:
        """Have LLVM leave the loop that a branch repeats as it is: unrolled it is no faster, and longer."""
        module = self.builder.module
        no_unrolling = module.add_metadata(["llvm.loop.unroll.disable"])
        loop = module.add_metadata([f"loop {len(module.metadata)}", no_unrolling])
        loop.operands = (loop, no_unrolling)  # LLVM names a loop by a node that holds itself
        again.set_metadata("llvm.loop", loop)

    @contextmanager
    def repeat(self) -> Iterator[Any]:
        """Write a loop whose end is decided within: yields a function that takes the condition to go on."""
        b = self.builder
        head, end = b.append_basic_block("while"), b.append_basic_block("done")
        b.branch(head)
        b.position_at_end(head)

        def go_on(condition: ir.Value) -> None:
            body = b.append_basic_block("do")
            b.cbranch(condition, body, end)
            b.position_at_end(body)

        yield go_on
        b.branch(head)
        b.position_at_end(end)

    def variable(self, value: ir.Value) -> ir.Value:
        """Return a place on the stack that holds a value at first; LLVM keeps it in a register."""
        with self.builder.goto_entry_block():
            place = self.builder.alloca(value.type)
        self.builder.store(value, place)
        return place

    def read(self, place: ir.Value, kind: ir.Type = WORD) -> ir.Value:
        """Return what a variable holds, or an integer or pointer in memory."""
        return self.builder.load(place, typ=kind)

    # Memory

    def at(self, base: ir.Value, offset: ir.Value) -> ir.Value:
        """Return a pointer some bytes from another."""
        if _is_number(offset) and offset.constant == 0:
            return base
        return self.builder.gep(base, [offset], source_etype=BYTE)

    def row(self, base: ir.Value, number: ir.Value, step: int | ir.Value) -> ir.Value:
        """Return a pointer to a row, `step` bytes from one to the next."""
        step = step if isinstance(step, ir.Value) else self.integer(step)
        return self.at(base, self.times(number, step))

    def element(self, base: ir.Value, number: int | ir.Value) -> ir.Value:
        """Return a pointer to a number of an array of numbers."""
        number = number if isinstance(number, ir.Value) else self.integer(number)
        return self.row(base, number, self.size)

    def word(self, base: ir.Value, number: int) -> ir.Value:
        """Return an integer of an array of 64-bit integers."""
        return self.read(self.at(base, self.integer(8 * number)))

    def opaque(self, place: ir.Value) -> ir.Value:
        """Return a pointer that LLVM knows nothing about: kept, and not found from another every time."""
        return self.builder.asm(ir.FunctionType(POINTER, [POINTER]), "", "=r,0", [place], False)

    def mask_lanes(self, used: ir.Value) -> None:
        """Let the masked loads and stores that follow touch the first `used` lanes only."""
        b = self.builder
        if _is_number(used):
            bits = [BIT(int(lane < used.constant)) for lane in range(self.lanes)]
            self.mask = ir.Constant(ir.VectorType(BIT, self.lanes), bits)
        elif VECTOR_BYTES == 64:  # in bits, or LLVM would compare the lanes again in every turn of the loop
            ones = b.trunc(b.sub(b.shl(self.integer(1), used), self.integer(1)), ir.IntType(self.lanes))
            self.mask = b.bitcast(ones, ir.VectorType(BIT, self.lanes))
        else:
            numbers = ir.Constant(ir.VectorType(WORD, self.lanes), list(range(self.lanes)))
            self.mask = b.icmp_signed("<", numbers, self.splat(used))

    def lanes_from(self, first: int) -> ir.Value:
        """Return a mask of the lanes from `first` on, to select by."""
        b = self.builder
        if VECTOR_BYTES < 64:
            bits = [BIT(int(lane >= first)) for lane in range(self.lanes)]
            return ir.Constant(ir.VectorType(BIT, self.lanes), bits)
        # LLVM would make a permutation of a selection by a constant, which is slower
        word = self.integer((1 << self.lanes) - (1 << first))
        word = b.asm(ir.FunctionType(WORD, [WORD]), "", "=r,0", [word], False)
        return b.bitcast(b.trunc(word, ir.IntType(self.lanes)), ir.VectorType(BIT, self.lanes))

    def load(self, place: ir.Value, masked: bool = False) -> ir.Value:
        """Load a vector, or the lanes of the mask with zeros beside them."""
        if not masked:
            return self.builder.load(place, align=self.size, typ=self.vector)
        return self.call("llvm.masked.load.{}.p0", self.vector, place, self._align, self.mask, self.zero)

    def store(self, value: ir.Value, place: ir.Value, masked: bool = False) -> None:
        """Store a vector, or the lanes of the mask."""
        if masked:
            self.call("llvm.masked.store.{}.p0", ir.VoidType(), value, place, self._align, self.mask)
        else:
            self.builder.store(value, place, align=self.size)

    @property
    def _align(self) -> ir.Constant:
        return ir.Constant(ir.IntType(32), self.size)

    def clear(self, place: ir.Value, size: ir.Value) -> None:
        """Set some bytes to zero."""
        self.call("llvm.memset.p0.i64", ir.VoidType(), place, BYTE(0), size, BIT(0))

    # Values

    def number(self, x: float) -> ir.Constant:
        """Return a vector of one number, rounded to the scalar's precision."""
        value = float(np.float32(x)) if self.size == 4 else float(x)
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        constant = ir.FormattedConstant(self.scalar, f"splat ({self.scalar} 0x{bits:016x})")
        constant.type = self.vector  # given at once, it would be written lane by lane
        return constant

    def splat(self, value: ir.Value) -> ir.Value:
        """Return a vector of one value."""
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        return self.shuffle(one, undefined, [0] * self.lanes)

    def shuffle(self, left: ir.Value, right: ir.Value, lanes: list[int]) -> ir.Value:
        """Return some lanes of two vectors."""
        order = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(left, right, order)

    def call(self, name: str, result: ir.Type, *values: ir.Value) -> ir.Value:
        """Call a function by its name; {} in it stands for the vector."""
        name = name.format(f"v{self.lanes}f{8 * self.size}")
        known = self.builder.module.globals.get(name)
        if known is None:
            kind = ir.FunctionType(result, [value.type for value in values])
            known = ir.Function(self.builder.module, kind, name)
        return self.builder.call(known, values)


def _is_number(x: ir.Value) -> bool:
    return isinstance(x, ir.Constant) and isinstance(x.constant, int)
