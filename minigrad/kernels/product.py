"""Matrix products of a few rows by a matrix that stays in cache, callable from compiled code.

Every function takes float32 or float64 matrices of one dtype whose last axis is contiguous; the rows may
lie any distance apart, so ``C[:, a:b]`` will do. The caller owns every buffer, nothing is allocated, shapes
are trusted, and the result must not overlap an operand.

C is cut into tiles of at most ROWS × VECTORS vectors. A tile's sums live in registers while the reduction
runs, and are stored in C, or added to it, at its end. Each sum is one chain of multiply-adds in the order of
the reduction, so its bits depend neither on the alignment nor on the rows and columns computed beside it.

A *packed* matrix B of shape (k, n) is a vector: the columns are cut into panels, and the panel that starts
at column j is a C-ordered (k, panel width) block from element k·j on. The last panel is padded to whole
vectors; what the padding holds does not matter, since nothing that is made of it is stored. See packing.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from minigrad.kernels.vectors import ROWS, VECTOR_BYTES, VECTORS, Emitter, data_of, plain

# A mask costs AVX-512 nothing: one version of a tile serves whole and cut vectors. Elsewhere there are two.
_MASKED = (True,) if VECTOR_BYTES == 64 else (False, True)
# Rows that a tall product reduces at a time: a panel of B takes at most 12 KiB of the first cache then, which
# leaves room for as many rows of A.
_DEPTH = min(256, 12 * 1024 // (VECTORS * VECTOR_BYTES))


def _emit_tile(emit: Emitter, c: Any, a: Any, b: Any, numbers: Any, shape: tuple[int, int, bool]) -> None:
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
        emit = Emitter(builder, context.get_data_type(c.dtype), used.type)
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


@plain()
def panel(left: int) -> int:
    """Return how many vectors the next panel has, of those that are left."""
    # One vector alone in the last panel would have too few sums to hide the latency of their chains.
    return (left + 1) // 2 if left == VECTORS + 1 else min(left, VECTORS)


@plain()
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
    lanes = VECTOR_BYTES // size
    tiles = (m + ROWS - 1) // ROWS
    low = m // max(tiles, 1)  # even heights: a last tile of one row would be slow
    higher = m - low * tiles  # tiles that have a row more
    left, j = (n + lanes - 1) // lanes, 0
    while left > 0:  # a panel of B stays in the first cache while the rows of A pass
        vectors = panel(left)
        width = vectors * lanes
        used = lanes - max(0, j + width - n)
        step = b_step if b_column == size else vectors * VECTOR_BYTES
        i = 0
        for tile in range(tiles):
            rows = low + 1 if tile < higher else low
            c_offset, a_offset = i * c_step + j * size, i * a_row
            numbers = (c_offset, c_step, a_offset, a_row, a_column, j * b_column, step, depth, used)
            _tile(c, a, b, (*numbers, add, rows, vectors))
            i += rows
        left -= vectors
        j += width


def _product_twin(C: np.ndarray, A: np.ndarray, B: np.ndarray, add: bool) -> None:
    C[...] = C + A @ B if add else A @ B


@plain(lambda C, A, P, add: _product_twin(C, A, np.resize(P, (A.shape[1], C.shape[1])), add), inline="always")
def product_packed(C: np.ndarray, A: np.ndarray, P: np.ndarray, add: bool) -> None:
    """C = A @ B, or C += A @ B if `add`: (m, n), (m, k), and B of shape (k, n) packed in the vector P."""
    shape, size = (C.shape[0], A.shape[1], C.shape[1]), C.itemsize
    a_steps = (A.strides[0], size)
    _tiles(
        data_of(C),
        C.strides[0],
        data_of(A),
        a_steps,
        data_of(P),
        size,
        size * A.shape[1],
        shape,
        size,
        int(add),
    )


@plain(lambda C, A, B, add: _product_twin(C, A.T, B, add), inline="always")
def product_tn(C: np.ndarray, A: np.ndarray, B: np.ndarray, add: bool) -> None:
    """C = Aᵀ @ B, or C += Aᵀ @ B if `add`: (k, n), (m, k), (m, n). The gradient of a weight, over all nodes.

    Even parts of m, each short enough for the first cache, are reduced one by one.
    """
    m, size = A.shape[0], C.itemsize
    a_steps = (size, A.strides[0])
    start, more = 0, int(add)
    for parts in range(max(1, (m + _DEPTH - 1) // _DEPTH), 0, -1):
        end = start + (m - start + parts - 1) // parts
        a, b, shape = data_of(A[start:end]), data_of(B[start:end]), (C.shape[0], end - start, C.shape[1])
        _tiles(data_of(C), C.strides[0], a, a_steps, b, B.strides[0], size, shape, size, more)
        start, more = end, 1
