"""The shared kernels, which take addresses and steps in bytes, as functions of arrays."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.fold.compiler.code import load_kernels
from minigrad.kernels import machine
from minigrad.kernels.packing import packed_size
from minigrad.kernels.shared import ARGUMENTS, symbol

Array = np.ndarray
KINDS = {"p": ctypes.c_void_p, "i": ctypes.c_int64}


@functools.cache
def kernel(name: str, dtype: Any) -> Callable[..., None]:
    """Return a shared kernel; it takes arrays for pointers."""
    prototype = ctypes.CFUNCTYPE(None, *(KINDS[letter] for letter in ARGUMENTS[name]))
    function = prototype(machine.entry(load_kernels(dtype), symbol(name, dtype)).address)

    def call(*arguments: Any) -> None:
        function(*(a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments))

    return call


def step(matrix: Array) -> int:
    """Return the bytes from one row to the next; within a row, elements are contiguous."""
    assert matrix.size == 0 or matrix.shape[1] == 1 or matrix.strides[1] == matrix.itemsize
    return matrix.strides[0]


def pack(P: Array, shape: tuple[int, int], at: tuple[int, int], B: Array, turned: bool = False) -> None:
    """Write B, or its transpose, at a row and a column of the matrix of a shape that is packed in P."""
    kernel("pack", P.dtype)(P, *shape, *at, B, step(B), *(B.shape[::-1] if turned else B.shape), int(turned))


def packed(B: Array) -> Array:
    """Return a matrix packed; what nobody writes is NaN."""
    P = np.full(packed_size(*B.shape), np.nan, B.dtype)
    pack(P, B.shape, (0, 0), B)
    return P


def product_packed(C: Array, A: Array, P: Array, add: bool) -> None:
    """Compute C = A @ B, or C += A @ B, for B packed in P."""
    kernel("product_packed", C.dtype)(C, step(C), A, step(A), P, *A.shape, C.shape[1], int(add))


def product_tn(C: Array, A: Array, B: Array, add: bool) -> None:
    """Compute C = Aᵀ @ B, or C += Aᵀ @ B."""
    kernel("product_tn", C.dtype)(C, step(C), A, step(A), B, step(B), *A.shape, B.shape[1], int(add))


def copy(C: Array, B: Array, add: bool = False) -> None:
    """Compute C = B, or C += B."""
    kernel("copy", C.dtype)(C, step(C), B, step(B), *B.shape, int(add))


def transpose(C: Array, B: Array, add: bool = False) -> None:
    """Compute C = Bᵀ, or C += Bᵀ."""
    kernel("transpose", C.dtype)(C, step(C), B, step(B), *B.shape, int(add))


def butterfly(P: Array, Q: Array, A: Array, B: Array) -> None:
    """Compute P = (A + B) / 2 and Q = (A − B) / 2 of vectors."""
    kernel("butterfly", P.dtype)(P, Q, A, B, P.size)
