"""Matrices copied, transposed and packed for products, in compiled code; product.py says what packed is."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from minigrad.kernels.product import panel
from minigrad.kernels.vectors import (
    VECTOR_BYTES,
    Emitter,
    add_vector,
    copy_vector,
    data_of,
    plain,
    stay_apart,
)


def packed_size(k: int, n: int) -> int:
    """Return a length that suffices for the packed form of a (k, n) matrix of either dtype."""
    lanes = VECTOR_BYTES // 4
    return k * ((n + lanes - 1) // lanes * lanes)


@intrinsic
def _transpose(typing_context: Any, squares: Any, c: Any, c_at: Any, c_step: Any) -> Any:
    """Transpose a square of one vector by as many rows, or the sum of some squares.

    Each square is a tuple of a pointer, an offset and a step, both in bytes; the target's come last.
    """

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        sources, target, target_offset, target_step = arguments
        emit = Emitter(builder, context.get_data_type(c.dtype), target_step.type)
        every, rows = range(emit.lanes), []
        for k in range(len(squares)):
            source, offset, step = (builder.extract_value(sources, [k, part]) for part in range(3))
            offsets = [builder.add(offset, builder.mul(step, emit.integer(r))) for r in every]
            square = [emit.load(emit.at(source, place, emit.vector)) for place in offsets]
            rows = [builder.fadd(*pair) for pair in zip(rows, square, strict=True)] if k else square
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

    return types.void(squares, c, types.intp, types.intp), generate


@plain(lambda C, B, add: np.copyto(C, C + B if add else B))
def copy(C: np.ndarray, B: np.ndarray, add: int) -> None:
    """C = B, or C += B if `add`: (m, n), (m, n)."""
    stay_apart()
    (m, n), size = B.shape, C.itemsize
    lanes, b, c = VECTOR_BYTES // size, data_of(B), data_of(C)
    for i in range(m):
        for j in range(0, n, lanes):
            at, to, used = i * B.strides[0] + j * size, i * C.strides[0] + j * size, min(lanes, n - j)
            if add:
                add_vector(b, at, c, to, used)
            else:
                copy_vector(b, at, c, to, used)


@plain(lambda C, B, A, both: np.copyto(C, (B + A if both else B).T))
def transpose(C: np.ndarray, B: np.ndarray, A: np.ndarray, both: int) -> None:
    """C = Bᵀ, or (B + A)ᵀ if `both`: (n, m), (m, n), (m, n)."""
    stay_apart()
    (m, n), size, lanes = B.shape, C.itemsize, VECTOR_BYTES // C.itemsize
    a, b, c = data_of(A), data_of(B), data_of(C)
    a_step, b_step, c_step = A.strides[0], B.strides[0], C.strides[0]
    if m < lanes or n < lanes:
        for i in range(m):
            for j in range(n):
                C[j, i] = B[i, j] + A[i, j] if both else B[i, j]
        return
    for i in range(0, m, lanes):
        for j in range(0, n, lanes):
            row, column = min(i, m - lanes), min(j, n - lanes)  # the last squares overlap those before
            of_b, to = (b, row * b_step + column * size, b_step), column * c_step + row * size
            if both:
                _transpose((of_b, (a, row * a_step + column * size, a_step)), c, to, c_step)
            else:
                _transpose((of_b,), c, to, c_step)


def _pack_twin(P: np.ndarray, k: int, n: int, k0: int, n0: int, B: np.ndarray, turned: int) -> None:
    B = B.T if turned else B
    P[: k * n].reshape(k, n)[k0 : k0 + B.shape[0], n0 : n0 + B.shape[1]] = B


@plain(_pack_twin)
def pack(P: np.ndarray, k: int, n: int, k0: int, n0: int, B: np.ndarray, turned: int) -> None:
    """Write B, or Bᵀ if `turned`, to row k0 and column n0 of a (k, n) matrix that is packed in P."""
    stay_apart()
    (rows, columns), lanes = B.shape[::-1] if turned else B.shape, VECTOR_BYTES // P.itemsize
    left, j = (n + lanes - 1) // lanes, 0
    while j < n0 + columns:
        vectors = panel(left)
        width = vectors * lanes
        first, last = max(j, n0), max(j, n0, min(j + width, n0 + columns))
        part = P[k * j : k * (j + width)].reshape((k, width))[k0 : k0 + rows, first - j : last - j]
        if turned:
            transpose(part, B[first - n0 : last - n0], B[first - n0 : last - n0], 0)
        else:
            copy(part, B[:, first - n0 : last - n0], 0)
        left -= vectors
        j += width
