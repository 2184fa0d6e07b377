"""The shared kernels against NumPy: every tail, every layout, and nothing beside the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from minigrad.kernels import JIT_ENABLED, machine, packing, product, vectors
from minigrad.kernels.shared import ARGUMENTS, shared_module
from tests.minigrad import shared_kernels as shared

Array = np.ndarray
Multiply = Callable[[Array, Array, Array, bool], None]

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: no kernel is shared")
DTYPES = (np.float32, np.float64)
GUARD = 12345.0
DEPTHS = (*range(10), 50)
# Around every multiple of a vector and of a panel, for 4 to 16 lanes and panels of up to 48 columns.
COLUMNS = (*range(1, 18), 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 80, 81, 95, 96, 97, 100)


def _packed(C: Array, A: Array, B: Array, add: bool = True) -> None:
    shared.product_packed(C, A, shared.packed(B), add)


def _tn(C: Array, A: Array, B: Array, add: bool = True) -> None:
    shared.product_tn(C, _wide(A.T), B, add)


def _wide(values: Array) -> Array:
    """Return a copy of a matrix as a view into a wider one, with guards on every side."""
    rows, columns = values.shape
    around = np.full((rows + 2, columns + 5), GUARD, values.dtype)
    view = around[1:-1, 3:-2]
    view[...] = values
    return view


def _matrices(m: int, k: int, n: int, dtype: type) -> tuple[Array, Array, Array]:
    """Return C, A, B whose products are sums of whole numbers, so that every way to add is exact."""
    rng = np.random.default_rng((m, k, n))
    return tuple(rng.integers(-8, 9, shape).astype(dtype) for shape in ((m, n), (m, k), (k, n)))  # type: ignore[return-value]


def _check(multiply: Multiply, C: Array, A: Array, B: Array) -> None:
    around = np.full((C.shape[0] + 2, C.shape[1] + 40), GUARD, C.dtype)
    view = around[1:-1, 20:-20]
    for add, before in ((True, C), (False, np.full_like(C, np.nan))):
        view[...] = before
        multiply(view, A, B, add)
        np.testing.assert_array_equal(view, C + A @ B if add else A @ B)
    view[...] = GUARD
    assert (around == GUARD).all(), "written outside C"


every_product = pytest.mark.parametrize("multiply", [_packed, _tn])
# Around the lanes of every kind of vector, where transposing goes by squares or by elements.
COPIED = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50)

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@every_dtype
@every_product
def test_every_tail(multiply: Multiply, dtype: type) -> None:
    for m in range(21):
        for n in COLUMNS[m % 3 :: 3] if m > 9 else COLUMNS:
            k = DEPTHS[(m + n) % len(DEPTHS)]
            _check(multiply, *_matrices(m, k, n, dtype))
    for k in DEPTHS:
        for m, n in ((0, 3), (1, 1), (7, 50), (9, 17), (20, 100)):
            _check(multiply, *_matrices(m, k, n, dtype))


@every_dtype
@every_product
def test_strided_operands(multiply: Multiply, dtype: type) -> None:
    for m, k, n in ((5, 7, 13), (17, 50, 49), (8, 16, 64), (33, 100, 50)):
        C, A, B = _matrices(m, k, n, dtype)
        _check(multiply, C, _wide(A), _wide(B))


@every_dtype
def test_tall_products(dtype: type) -> None:
    for m in (127, 128, 129, 256, 257, 513, 1000):
        _check(_tn, *_matrices(50, m, 70, dtype))


@every_dtype
@every_product
def test_last_columns_of_several_rows_in_one_vector(multiply: Multiply, dtype: type) -> None:
    """Which of 1 to 70 columns share their last vector depends on the lanes; and on a tile's rows."""
    rng = np.random.default_rng(3)
    for m in (*range(1, 9), 19):
        A, B = (rng.standard_normal(shape).astype(dtype) for shape in ((m, 9), (9, 70)))
        whole = np.zeros((m, 70), dtype)
        multiply(whole, A, B)
        for n in range(1, 71):
            _check(multiply, *_matrices(m, 3, n, dtype))
            C = np.zeros((m, n), dtype)
            multiply(C, A, B[:, :n])
            np.testing.assert_array_equal(C, whole[:, :n], f"other bits with {n} columns")


@every_dtype
@every_product
def test_rounding_is_that_of_one_sum(multiply: Multiply, dtype: type) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((25, 100)), rng.standard_normal((100, 75))
    C = np.zeros((25, 75), dtype)
    multiply(C, A.astype(dtype), B.astype(dtype))
    bound = 100 * np.finfo(dtype).eps * (abs(A) @ abs(B))
    assert (abs(C - A @ B) <= bound).all()


@every_dtype
@every_product
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_nan_stays_in_its_row_and_its_column(multiply: Multiply, dtype: type, bad: float) -> None:
    for m, k, n in ((1, 3, 5), (9, 10, 50), (13, 5, 17), (20, 50, 100)):
        clean, A, B = (abs(matrix) + 1 for matrix in _matrices(m, k, n, dtype))
        expected = clean + A @ B
        for matrix, axis in ((A, 0), (B, 1)):
            for place in (0, matrix.shape[axis] // 2, matrix.shape[axis] - 1):
                C, broken = clean.copy(), matrix.copy()
                broken[(place, k // 2) if axis == 0 else (k // 2, place)] = bad
                multiply(C, *((broken, B) if axis == 0 else (A, broken)))
                np.testing.assert_array_equal(np.delete(C, place, axis), np.delete(expected, place, axis))
                assert not np.isfinite(np.take(C, place, axis)).any()


@every_dtype
def test_subnormal_numbers_are_kept(dtype: type) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    C = np.zeros((3, 5), dtype)
    _packed(C, np.full((3, 1), tiny), np.ones((1, 5), dtype))
    assert (tiny == C).all()


@every_dtype
@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("move", [shared.copy, shared.transpose])
def test_every_copy_writes_its_target_and_nothing_else(
    move: Callable[[Array, Array, bool], None], add: bool, dtype: type
) -> None:
    for m in COPIED:
        for n in COPIED:
            B = np.arange(1, m * n + 1, dtype=dtype).reshape(m, n)
            expected = B if move is shared.copy else B.T
            before = _matrices(*expected.shape[:1], 1, expected.shape[1], dtype)[0]
            for source in (B, _wide(B)):
                target = np.full((expected.shape[0] + 2, expected.shape[1] + 40), GUARD, dtype)
                view = target[1:-1, 20:-20]
                view[...] = before if add else np.nan
                move(view, source, add)
                np.testing.assert_array_equal(view, expected + before if add else expected)
                view[...] = GUARD
                assert (target == GUARD).all(), f"{m} × {n}: written beside the target"


@every_dtype
def test_every_copy_into_panels_leaves_the_rest_of_the_vector(dtype: type) -> None:
    for n in COLUMNS:
        for k in (0, 1, 3, 8, 50):
            B = np.arange(1, k * n + 1, dtype=dtype).reshape(k, n)
            P = np.full(packing.packed_size(k, n) + 5, GUARD, dtype)
            shared.pack(P, (k, n), (0, 0), _wide(B))
            lanes = vectors.VECTOR_BYTES // P.itemsize
            left, j = -(-n // lanes), 0
            while left:
                width = product.panel(left) * lanes
                columns = min(width, n - j)
                panel = P[k * j : k * (j + width)].reshape(k, width)
                np.testing.assert_array_equal(panel[:, :columns], B[:, j : j + columns])
                panel[:, :columns] = GUARD
                left, j = left - width // lanes, j + width
            assert (P == GUARD).all(), "written outside B's panels"


@every_dtype
@pytest.mark.parametrize("turned", [False, True])
def test_blocks_side_by_side_and_one_above_another_are_packed_as_one_matrix(
    dtype: type, turned: bool
) -> None:
    rng = np.random.default_rng(2)
    for n in COLUMNS:
        for k in (1, 8, 20, 50):
            B = rng.standard_normal((k, n)).astype(dtype)
            whole, blocks = (np.full(packing.packed_size(k, n), GUARD, dtype) for _ in range(2))
            shared.pack(whole, (k, n), (0, 0), B)
            down, across = k // 3, 2 * n // 3
            for k0, k1 in ((0, down), (down, k)):
                for n0, n1 in ((0, across), (across, n)):
                    block = B[k0:k1, n0:n1]
                    shared.pack(blocks, (k, n), (k0, n0), _wide(block.T if turned else block), turned)
            np.testing.assert_array_equal(blocks, whole)


@every_dtype
def test_bits_depend_on_neither_alignment_nor_neighbours(dtype: type) -> None:
    rng = np.random.default_rng(1)
    A, B = rng.standard_normal((19, 50)).astype(dtype), rng.standard_normal((50, 75)).astype(dtype)
    expected = np.ones((19, 75), dtype)
    _packed(expected, A, B)
    for multiply in (_packed, _tn):
        for shift in range(5):
            buffer = np.ones(19 * 75 + shift, dtype)
            C = buffer[shift:].reshape(19, 75)
            multiply(C, A, B)
            np.testing.assert_array_equal(C, expected)
        for i, j in ((0, 75), (3, 60), (18, 74)):
            C = np.ones((i + 1, j), dtype)
            multiply(C, A[: i + 1], B[:, :j])
            np.testing.assert_array_equal(C, expected[: i + 1, :j])


def test_every_kernel_is_tested_here() -> None:
    """`tiles` is what both products are made of."""
    assert {"tiles", *(name for name in ARGUMENTS if hasattr(shared, name))} == set(ARGUMENTS)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.skipif(vectors.VECTOR_BYTES != 64, reason="looks for the registers of AVX-512")
def test_sums_stay_in_registers(dtype: type) -> None:
    name = f"test_product_{np.dtype(dtype)}"
    machine.compile_ir(name, str(shared_module(dtype)).replace("minigrad_", f"{name}_"))
    lines = [line for line in machine._loaded[name].get_asm_str().splitlines() if "%zmm" in line]
    assert sum("vfmadd" in line for line in lines) >= sum(range(1, 9)) * sum(range(1, 4))
    assert not [line for line in lines if "%rsp" in line]
