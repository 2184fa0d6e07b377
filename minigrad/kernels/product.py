"""Matrix products of a few rows by a matrix that stays in cache, callable from compiled code.

Every function takes float32 or float64 matrices of one dtype whose last axis is contiguous; the rows may
lie any distance apart, so ``C[:, a:b]`` will do. The caller owns every buffer, nothing is allocated, shapes
are trusted, and the result must not overlap an operand.

C is cut into tiles of at most ROWS × VECTORS vectors. A tile's sums live in registers while the reduction
runs, and are stored in C, or added to it, at its end. Each sum is one chain of multiply-adds in the order of
the reduction, so its bits depend neither on the alignment nor on the rows and columns computed beside it.

A *packed* matrix B of shape (k, n) is a vector: the columns are cut into panels, and the panel that starts
at column j is a C-ordered (k, panel width) block from element k·j on. The last panel is padded to whole
vectors; what the padding holds does not matter, since nothing that is made of it is stored.

The file imports nothing of the project, so that its text can head a generated module: Numba's cache notices
changes in the file itself only, and hits only when an intrinsic is a global of its module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
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
# A mask costs AVX-512 nothing: one version of a tile serves whole and cut vectors. Elsewhere there are two.
_MASKED = (True,) if VECTOR_BYTES == 64 else (False, True)
# Rows that a tall product reduces at a time: a panel of B takes at most 12 KiB of the first cache then, which
# leaves room for as many rows of A.
_DEPTH = min(256, 12 * 1024 // (VECTORS * VECTOR_BYTES))


def _compiled(
    twin: Callable[..., Any] | None = None, inline: str = "never"
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function at its first call, under plain IEEE rules. Without the JIT its twin stands in."""

    def decorate(function: Callable[..., Any]) -> Any:
        if not _JIT:
            return twin or function
        options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "inline": inline}
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # no writable place for the cache: compile in every process instead
            return numba.njit(**options)(function)

    return decorate


# -- what Numba cannot write: vectors in registers ----------------------------------------------------


@intrinsic
def _data(typing_context: Any, array: Any) -> Any:
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


class _Emitter:
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
        return ir.Constant(self.word, value)

    def call(self, name: str, result: ir.Type, *values: ir.Value) -> ir.Value:
        name = name.format(f"v{self.lanes}f{8 * self.size}")
        kind = ir.FunctionType(result, [value.type for value in values])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), values)

    def at(self, base: ir.Value, offset: ir.Value, kind: ir.Type, vectors: int = 0) -> ir.Value:
        b = self.builder
        offset = b.add(offset, self.integer(vectors * VECTOR_BYTES))
        return b.bitcast(b.gep(b.bitcast(base, cgutils.voidptr_t), [offset]), kind.as_pointer())

    def opaque(self, place: ir.Value) -> ir.Value:
        """Return a pointer that LLVM knows nothing about: kept, and not found from another every time."""
        kind = ir.FunctionType(place.type, [place.type])
        return self.builder.asm(kind, "", "=r,0", [place], False)

    def splat(self, value: ir.Value) -> ir.Value:
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.Constant(cgutils.int32_t, 0))
        return self.shuffle(one, one, [0] * self.lanes)

    def shuffle(self, left: ir.Value, right: ir.Value, lanes: list[int]) -> ir.Value:
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
        if not masked:
            return self.builder.load(place, align=self.size)
        return self.call("llvm.masked.load.{}.p0", self.vector, place, self._align, self.mask, self.zero)

    def store(self, value: ir.Value, place: ir.Value, masked: bool = False) -> None:
        if masked:
            self.call("llvm.masked.store.{}.p0", ir.VoidType(), value, place, self._align, self.mask)
        else:
            self.builder.store(value, place, align=self.size)


def _emit_tile(emit: _Emitter, c: Any, a: Any, b: Any, numbers: Any, shape: tuple[int, int, bool]) -> None:
    """Emit `_tile` for fixed rows × vectors; if `masked`, the last vector touches `used` lanes only."""
    c_offset, c_step, a_offset, a_row, a_column, b_offset, b_step, depth, used, add = numbers
    rows, vectors, masked = shape
    last = vectors - 1
    builder, vector = emit.builder, emit.vector
    if masked:
        emit.mask_lanes(used)
    a_offsets = [builder.add(a_offset, builder.mul(a_row, emit.integer(r))) for r in range(rows)]
    a_rows = [emit.opaque(emit.at(a, offset, emit.scalar)) for offset in a_offsets]
    start = builder.block
    head, body, end = (builder.append_basic_block(f"{part}.{rows}x{vectors}") for part in ("k", "fma", "add"))
    builder.branch(head)

    builder.position_at_end(head)
    step, a_at, b_at = (builder.phi(emit.word) for _ in range(3))
    sums = [[builder.phi(vector) for _ in range(vectors)] for _ in range(rows)]
    builder.cbranch(builder.icmp_signed("<", step, depth), body, end)

    builder.position_at_end(body)
    b_row = [emit.load(emit.at(b, b_at, vector, v), masked and v == last) for v in range(vectors)]
    turns = [
        (step, emit.integer(0), builder.add(step, emit.integer(1))),
        (a_at, emit.integer(0), builder.add(a_at, a_column)),
        (b_at, b_offset, builder.add(b_at, b_step)),
    ]
    for a_start, row_sums in zip(a_rows, sums, strict=True):
        factor = emit.splat(emit.load(emit.at(a_start, a_at, emit.scalar)))
        for total, b_vector in zip(row_sums, b_row, strict=True):
            # fmuladd is fused where the processor can; fma would be a library call per lane elsewhere.
            turns.append((total, emit.zero, emit.call("llvm.fmuladd.{}", vector, factor, b_vector, total)))
    again = builder.branch(head)
    for phi, first, then in turns:
        phi.add_incoming(first, start)
        phi.add_incoming(then, body)
    # LLVM would unroll most of these loops eightfold: no faster, and seconds longer to compile.
    no_unrolling = builder.module.add_metadata(["llvm.loop.unroll.disable"])
    loop = builder.module.add_metadata([f"loop {len(builder.module.metadata)}", no_unrolling])
    loop.operands = (loop, no_unrolling)  # LLVM names a loop by a node that holds itself
    again.set_metadata("llvm.loop", loop)

    builder.position_at_end(end)
    with builder.if_else(builder.icmp_signed("!=", add, emit.integer(0))) as cases:
        for adds, case in zip((True, False), cases, strict=True):
            with case:
                for r, row_sums in enumerate(sums):
                    c_row = builder.add(c_offset, builder.mul(c_step, emit.integer(r)))
                    for v, total in enumerate(row_sums):
                        place, cut = emit.at(c, c_row, vector, v), masked and v == last
                        emit.store(builder.fadd(emit.load(place, cut), total) if adds else total, place, cut)


@intrinsic
def _tile(typing_context: Any, c: Any, a: Any, b: Any, numbers: Any) -> Any:
    """Compute one tile of A @ B: ``_tile(c, a, b, numbers)``, three pointers and a tuple of integers.

    c_offset, c_step           bytes to the tile, and from one row to the next
    a_offset, a_row, a_column  the same for A, and from one column to the next
    b_offset, b_step           the same for B
    depth, used                rows of B; lanes of the last vector that are columns of C
    add                        0 if the tile's former values are forgotten
    rows, vectors              the shape of the tile
    """
    if not c == a == b:
        raise TypingError(f"a product takes operands of one dtype, not {c}, {a}, {b}")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointers = arguments[:3]
        *integers, rows, vectors = cgutils.unpack_tuple(builder, arguments[3])
        used = integers[-2]
        emit = _Emitter(builder, context.get_data_type(c.dtype), used.type)
        case = builder.add(builder.mul(rows, emit.integer(VECTORS)), vectors)
        cut = builder.icmp_signed("<", used, emit.integer(emit.lanes if False in _MASKED else emit.lanes + 1))
        case = builder.add(builder.shl(case, emit.integer(1)), builder.zext(cut, used.type))
        done = builder.append_basic_block("tile.done")
        switch = builder.switch(case, done)
        for r in range(1, ROWS + 1):
            for v in range(1, VECTORS + 1):
                for masked in _MASKED:
                    block = builder.append_basic_block(f"tile.{r}x{v}")
                    switch.add_case(emit.integer(2 * (r * VECTORS + v) + masked), block)
                    builder.position_at_end(block)
                    _emit_tile(emit, *pointers, integers, (r, v, masked))
                    builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(c, a, b, types.UniTuple(types.intp, 12)), generate


@intrinsic
def _transpose(typing_context: Any, b: Any, b_at: Any, b_step: Any, c: Any, c_at: Any, c_step: Any) -> Any:
    """Transpose a square of one vector by as many rows: two pointers, with offsets and steps in bytes."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        source, offset, step, target, target_offset, target_step = arguments
        emit = _Emitter(builder, context.get_data_type(b.dtype), step.type)
        every = range(emit.lanes)
        offsets = [builder.add(offset, builder.mul(step, emit.integer(r))) for r in every]
        rows = [emit.load(emit.at(source, place, emit.vector)) for place in offsets]
        half = 1
        while half < emit.lanes:  # swap the off-diagonal quarters of every square of 2·half by 2·half
            upper = [lane + emit.lanes - half if lane & half else lane for lane in every]
            lower = [lane + emit.lanes if lane & half else lane + half for lane in every]
            for r in (r for r in every if not r & half):
                pair = rows[r], rows[r + half]
                rows[r], rows[r + half] = emit.shuffle(*pair, upper), emit.shuffle(*pair, lower)
            half *= 2
        for r in every:
            place = builder.add(target_offset, builder.mul(target_step, emit.integer(r)))
            emit.store(rows[r], emit.at(target, place, emit.vector))
        return context.get_dummy_value()

    return types.void(b, types.intp, types.intp, c, types.intp, types.intp), generate


@intrinsic
def _copy_vector(typing_context: Any, b: Any, b_offset: Any, p: Any, p_offset: Any, used: Any) -> Any:
    """Copy the first `used` elements of a vector: two pointers, with offsets in bytes."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        source, offset, target, target_offset, count = arguments
        emit = _Emitter(builder, context.get_data_type(b.dtype), count.type)
        emit.mask_lanes(count)
        values = emit.load(emit.at(source, offset, emit.vector), True)
        emit.store(values, emit.at(target, target_offset, emit.vector), True)
        return context.get_dummy_value()

    return types.void(b, types.intp, p, types.intp, types.intp), generate


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
        emit = _Emitter(builder, context.get_data_type(y.dtype), arguments[1].type)
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


# -- products -----------------------------------------------------------------------------------------


@_compiled()
def _panel(j: int, n: int, size: int) -> tuple[int, int, int]:
    """Return the vectors and the width of the panel at column j of n, and how many columns it covers."""
    lanes = VECTOR_BYTES // size
    left = (n - j + lanes - 1) // lanes
    # One vector alone in the last panel would have too few sums to hide the latency of their chains.
    vectors = (left + 1) // 2 if left == VECTORS + 1 else min(left, VECTORS)
    return vectors, vectors * lanes, min(vectors * lanes, n - j)


@_compiled()
def _tiles(
    c: Any,
    c_step: int,
    a: Any,
    a_steps: Any,
    b: Any,
    b_step: int,
    b_column: int,
    shape: Any,
    size: int,
    add: int,
) -> None:
    """C = A @ B, or C += A @ B if `add`, for pointers, `shape` (m, k, n) and steps in bytes.

    `b_column` is k·size for a packed B.
    """
    m, depth, n = shape
    a_row, a_column = a_steps
    j = 0
    while j < n:  # a panel of B stays in the first cache while the rows of A pass
        vectors, width, columns = _panel(j, n, size)
        used = VECTOR_BYTES // size - (width - columns)
        step = b_step if b_column == size else vectors * VECTOR_BYTES
        i = 0
        for tiles in range((m + ROWS - 1) // ROWS, 0, -1):
            rows = (m - i + tiles - 1) // tiles  # even heights: a last tile of one row would be slow
            c_offset, a_offset = i * c_step + j * size, i * a_row
            numbers = (c_offset, c_step, a_offset, a_row, a_column, j * b_column, step, depth, used)
            _tile(c, a, b, (*numbers, add, rows, vectors))
            i += rows
        j += width


def _product_twin(C: np.ndarray, A: np.ndarray, B: np.ndarray, add: bool) -> None:
    C[...] = C + A @ B if add else A @ B


@_compiled(
    lambda C, A, P, add: _product_twin(C, A, np.resize(P, (A.shape[1], C.shape[1])), add), inline="always"
)
def product_packed(C: np.ndarray, A: np.ndarray, P: np.ndarray, add: bool) -> None:
    """C = A @ B, or C += A @ B if `add`: (m, n), (m, k), and B of shape (k, n) packed in the vector P."""
    shape, size = (C.shape[0], A.shape[1], C.shape[1]), C.itemsize
    a_steps = (A.strides[0], size)
    _tiles(
        _data(C), C.strides[0], _data(A), a_steps, _data(P), size, size * A.shape[1], shape, size, int(add)
    )


@_compiled(lambda C, A, B, add: _product_twin(C, A.T, B, add), inline="always")
def product_tn(C: np.ndarray, A: np.ndarray, B: np.ndarray, add: bool) -> None:
    """C = Aᵀ @ B, or C += Aᵀ @ B if `add`: (k, n), (m, k), (m, n). The gradient of a weight, over all nodes.

    Even parts of m, each short enough for the first cache, are reduced one by one.
    """
    m, size = A.shape[0], C.itemsize
    a_steps = (size, A.strides[0])
    start, more = 0, int(add)
    for parts in range(max(1, (m + _DEPTH - 1) // _DEPTH), 0, -1):
        end = start + (m - start + parts - 1) // parts
        a, b, shape = _data(A[start:end]), _data(B[start:end]), (C.shape[0], end - start, C.shape[1])
        _tiles(_data(C), C.strides[0], a, a_steps, b, B.strides[0], size, shape, size, more)
        start, more = end, 1


# -- copying and packing ------------------------------------------------------------------------------


@_compiled(np.copyto)
def copy(C: np.ndarray, B: np.ndarray) -> None:
    """C = B: (m, n), (m, n)."""
    (m, n), size = B.shape, C.itemsize
    lanes, b, c = VECTOR_BYTES // size, _data(B), _data(C)
    for i in range(m):
        for j in range(0, n, lanes):
            _copy_vector(b, i * B.strides[0] + j * size, c, i * C.strides[0] + j * size, min(lanes, n - j))


@_compiled()
def packed_size(k: int, n: int) -> int:
    """Return a length that suffices for the packed form of a (k, n) matrix of either dtype."""
    lanes = VECTOR_BYTES // 4
    return k * ((n + lanes - 1) // lanes * lanes)


@_compiled(lambda C, B: np.copyto(C, B.T))
def transpose(C: np.ndarray, B: np.ndarray) -> None:
    """C = Bᵀ: (n, m), (m, n)."""
    (m, n), size = B.shape, C.itemsize
    lanes, b, c, b_step, c_step = VECTOR_BYTES // size, _data(B), _data(C), B.strides[0], C.strides[0]
    if m < lanes or n < lanes:
        for i in range(m):
            for j in range(n):
                C[j, i] = B[i, j]
        return
    for i in range(0, m, lanes):
        for j in range(0, n, lanes):
            row, column = min(i, m - lanes), min(j, n - lanes)  # the last squares overlap those before
            _transpose(b, row * b_step + column * size, b_step, c, column * c_step + row * size, c_step)


def _pack_twin(P: np.ndarray, k: int, n: int, k0: int, n0: int, B: np.ndarray, turned: bool) -> None:
    B = B.T if turned else B
    P[: k * n].reshape(k, n)[k0 : k0 + B.shape[0], n0 : n0 + B.shape[1]] = B


@_compiled(_pack_twin)
def pack(P: np.ndarray, k: int, n: int, k0: int, n0: int, B: np.ndarray, turned: bool) -> None:
    """Write B, or Bᵀ if `turned`, to row k0 and column n0 of a (k, n) matrix that is packed in P."""
    (rows, columns), j = B.shape[::-1] if turned else B.shape, 0
    while j < n0 + columns:
        _, width, used = _panel(j, n, P.itemsize)
        first, last = max(j, n0), max(j, n0, min(j + used, n0 + columns))
        panel = P[k * j : k * (j + width)].reshape((k, width))[k0 : k0 + rows, first - j : last - j]
        if turned:
            transpose(panel, B[first - n0 : last - n0])
        else:
            copy(panel, B[:, first - n0 : last - n0])
        j += width
