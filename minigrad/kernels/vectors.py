"""What Numba cannot write: vectors in registers, and the loads and stores of them.

The file imports nothing of the project, so that its text can head a generated module, followed by that of
product.py and packing.py: Numba's cache notices changes in the file itself only, and hits only when an
intrinsic is a global of its module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.extending import intrinsic

_JIT = not vars(numba.config)["DISABLE_JIT"]


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


def plain(
    twin: Callable[..., Any] | None = None, inline: str = "never"
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function at its first call, under plain IEEE rules. Without the JIT its twin stands in.

    Nothing is kept in Numba's cache, which would not notice a change in this file.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        if not _JIT:
            return twin or function
        options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "inline": inline}
        return numba.njit(**options)(function)

    return decorate


@intrinsic
def data_of(typing_context: Any, array: Any) -> Any:
    """Return the pointer to an array's first element."""
    if array.dtype not in (types.float32, types.float64):
        raise TypingError(f"a product takes float32 or float64, not {array.dtype}")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def use_wide_vectors(typing_context: Any) -> Any:
    """Let the loops of the calling function use the whole width of the vectors.

    LLVM takes half of it on some processors with AVX-512, for the sake of code that has few loops.
    """

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if VECTOR_BYTES == 64:
            # llvmlite knows attributes without a value only, and would refuse this one
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def stay_apart(typing_context: Any) -> Any:
    """Have the calling function called and not inlined: what is called often and takes its time."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


class Emitter:
    """The few words in which a tile is written: vectors of `scalar` at byte offsets from a pointer."""

    def __init__(self, builder: ir.IRBuilder, scalar: ir.Type, word: ir.Type) -> None:
        self.builder, self.scalar, self.word = builder, scalar, word
        self.size = 4 if isinstance(scalar, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.size
        self.vector = ir.VectorType(scalar, self.lanes)
        self.zero = ir.Constant(self.vector, None)
        self._align = ir.Constant(cgutils.int32_t, self.size)
        self.mask: ir.Value | None = None

    def integer(self, value: int) -> ir.Constant:
        """Return a constant of the word."""
        return ir.Constant(self.word, value)

    def call(self, name: str, result: ir.Type, *values: ir.Value) -> ir.Value:
        """Call one of LLVM's functions; {} in its name stands for the vector."""
        name = name.format(f"v{self.lanes}f{8 * self.size}")
        kind = ir.FunctionType(result, [value.type for value in values])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), values)

    def at(self, base: ir.Value, offset: ir.Value, kind: ir.Type, vectors: int = 0) -> ir.Value:
        """Return a pointer some bytes, and some whole vectors, from another."""
        b = self.builder
        offset = b.add(offset, self.integer(vectors * VECTOR_BYTES))
        return b.bitcast(b.gep(b.bitcast(base, cgutils.voidptr_t), [offset]), kind.as_pointer())

    def opaque(self, place: ir.Value) -> ir.Value:
        """Return a pointer that LLVM knows nothing about: kept, and not found from another every time."""
        kind = ir.FunctionType(place.type, [place.type])
        return self.builder.asm(kind, "", "=r,0", [place], False)

    def splat(self, value: ir.Value) -> ir.Value:
        """Return a vector of one number."""
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.Constant(cgutils.int32_t, 0))
        return self.shuffle(one, one, [0] * self.lanes)

    def shuffle(self, left: ir.Value, right: ir.Value, lanes: list[int]) -> ir.Value:
        """Return some lanes of two vectors."""
        order = ir.Constant(ir.VectorType(cgutils.int32_t, len(lanes)), lanes)
        return self.builder.shuffle_vector(left, right, order)

    def mask_lanes(self, used: ir.Value) -> None:
        """Let the masked loads and stores that follow touch the first `used` lanes only."""
        b = self.builder
        if VECTOR_BYTES == 64:  # in bits, or LLVM would compare the lanes again in every turn of the loop
            word = ir.IntType(self.lanes)
            ones = b.trunc(b.sub(b.shl(self.integer(1), used), self.integer(1)), word)
            self.mask = b.bitcast(ones, ir.VectorType(ir.IntType(1), self.lanes))
            return
        numbers = ir.Constant(ir.VectorType(self.word, self.lanes), list(range(self.lanes)))
        self.mask = b.icmp_signed("<", numbers, self.splat(used))

    def load(self, place: ir.Value, masked: bool = False) -> ir.Value:
        """Load a vector, or the lanes of the mask with zeros beside them."""
        if not masked:
            return self.builder.load(place, align=self.size)
        return self.call("llvm.masked.load.{}.p0", self.vector, place, self._align, self.mask, self.zero)

    def store(self, value: ir.Value, place: ir.Value, masked: bool = False) -> None:
        """Store a vector, or the lanes of the mask."""
        if masked:
            self.call("llvm.masked.store.{}.p0", ir.VoidType(), value, place, self._align, self.mask)
        else:
            self.builder.store(value, place, align=self.size)


@intrinsic
def copy_vector(typing_context: Any, b: Any, b_offset: Any, c: Any, c_offset: Any, used: Any) -> Any:
    """Copy the first `used` elements of a vector from b to c: two pointers, with offsets in bytes."""
    return _vector_intrinsic(b, c, add=False)


@intrinsic
def add_vector(typing_context: Any, b: Any, b_offset: Any, c: Any, c_offset: Any, used: Any) -> Any:
    """Add the first `used` elements of a vector from b to c: two pointers, with offsets in bytes."""
    return _vector_intrinsic(b, c, add=True)


def _vector_intrinsic(b: Any, c: Any, add: bool) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        source, offset, target, target_offset, count = arguments
        emit = Emitter(builder, context.get_data_type(b.dtype), count.type)
        emit.mask_lanes(count)
        values = emit.load(emit.at(source, offset, emit.vector), True)
        place = emit.at(target, target_offset, emit.vector)
        emit.store(builder.fadd(emit.load(place, True), values) if add else values, place, True)
        return context.get_dummy_value()

    return types.void(b, types.intp, c, types.intp, types.intp), generate


@intrinsic(prefer_literal=True)
def copy_row(typing_context: Any, y: Any, i: Any, x: Any, j: Any, n: Any) -> Any:
    """y[i : i + n] = x[j : j + n] for vectors, n a number in the text of the caller."""
    return _row_intrinsic(y, x, n, add=False)


@intrinsic(prefer_literal=True)
def add_row(typing_context: Any, y: Any, i: Any, x: Any, j: Any, n: Any) -> Any:
    """y[i : i + n] += x[j : j + n] for vectors, n a number in the text of the caller."""
    return _row_intrinsic(y, x, n, add=True)


def _row_intrinsic(y: Any, x: Any, n: Any, add: bool) -> Any:
    count = n.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        emit = Emitter(builder, context.get_data_type(y.dtype), arguments[1].type)
        bases = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in ((y, arguments[0]), (x, arguments[2]))
        ]
        offsets = [builder.mul(start, emit.integer(emit.size)) for start in (arguments[1], arguments[3])]
        # The last vector overlaps the one before it: cheaper than a mask, and right, since all is read before
        # anything is written. A row that is shorter than a vector takes the mask.
        masked = count < emit.lanes
        starts = [*range(0, count - emit.lanes, emit.lanes), max(0, count - emit.lanes)]
        if masked:
            emit.mask_lanes(emit.integer(count))

        def place(which: int, start: int) -> ir.Value:
            offset = builder.add(offsets[which], emit.integer(start * emit.size))
            return emit.at(bases[which], offset, emit.vector)

        values = [emit.load(place(1, start), masked) for start in starts]
        if add:
            values = [
                builder.fadd(emit.load(place(0, s), masked), v) for s, v in zip(starts, values, strict=True)
            ]
        for start, value in zip(starts, values, strict=True):
            emit.store(value, place(0, start), masked)
        return context.get_dummy_value()

    return types.void(y, types.intp, x, types.intp, n), generate
