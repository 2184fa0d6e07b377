"""The emitted matrix products against NumPy: every tail, every layout, and nothing beside the result."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numba
import numpy as np
import pytest

from minigrad.kernels import packing, product, vectors

Array = np.ndarray
Multiply = Callable[[Array, Array, Array, bool], None]

JIT = not vars(numba.config)["DISABLE_JIT"]
emitted = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT=1: NumPy stands in for the emitted kernels")
GUARD = 12345.0
DEPTHS = (*range(10), 50)
# Around every multiple of a vector and of a panel, for 4 to 16 lanes and panels of up to 48 columns.
COLUMNS = (*range(1, 18), 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 80, 81, 95, 96, 97, 100)


def _packed(C: Array, A: Array, B: Array, add: bool = True) -> None:
    P = np.full(packing.packed_size(*B.shape), np.nan, B.dtype)
    _pack(P, B)
    product.product_packed(C, A, P, add)


def _copy(C: Array, B: Array) -> None:
    packing.copy(C, B, 0)


def _transpose(C: Array, B: Array) -> None:
    packing.transpose(C, B, B, 0)


def _transpose_sum(C: Array, B: Array) -> None:
    half = B // 2
    packing.transpose(C, _wide(half), B - half, 1)


def _pack(P: Array, B: Array, turned: bool = False) -> None:
    packing.pack(P, *B.shape, 0, 0, B.T.copy() if turned else B, turned)


def _tn(C: Array, A: Array, B: Array, add: bool = True) -> None:
    product.product_tn(C, _wide(A.T), B, add)


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
COPIED = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 50)

# The code is one, and compiled anew in every process, for each dtype in seconds: the fold's contract runs it
# in float64.
every_dtype = pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])


@every_dtype
@every_product
@pytest.mark.parametrize(
    "rows", [(0, 1, 5, 7, 8, 9, 20), pytest.param(range(21), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_every_tail(multiply: Multiply, dtype: type, rows: Iterable[int]) -> None:
    for m in rows:
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
    if not JIT and np.isinf(bad):
        pytest.skip("NumPy warns of what it makes of its own padding")
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
def test_a_matrix_is_added_to_another_and_to_nothing_beside_it(dtype: type) -> None:
    for m, n in [(0, 3), (3, 0), (1, 1), (2, 15), (3, 16), (4, 17), (5, 50)]:
        C, B = _matrices(m, 1, n, dtype)[0], _matrices(m + 1, 1, n, dtype)[0][1:]
        around = np.full((m + 2, n + 40), GUARD, dtype)
        view = around[1:-1, 20:-20]
        view[...] = C
        packing.copy(view, _wide(B), 1)
        np.testing.assert_array_equal(view, C + B)
        view[...] = GUARD
        assert (around == GUARD).all(), "written outside C"


@every_dtype
@pytest.mark.parametrize("move", [_copy, _transpose, _transpose_sum])
def test_every_copy_writes_its_target_and_nothing_else(
    move: Callable[[Array, Array], None], dtype: type
) -> None:
    for m in COPIED:
        for n in COPIED:
            B = np.arange(1, m * n + 1, dtype=dtype).reshape(m, n)
            expected = B if move is _copy else B.T
            for source in (B, _wide(B)):
                target = np.full((expected.shape[0] + 2, expected.shape[1] + 40), GUARD, dtype)
                view = target[1:-1, 20:-20]
                move(view, source)
                np.testing.assert_array_equal(view, expected)
                view[...] = GUARD
                assert (target == GUARD).all(), f"{m} × {n}: written beside the target"


@emitted
@every_dtype
def test_every_copy_into_panels_leaves_the_rest_of_the_vector(dtype: type) -> None:
    for n in COLUMNS:
        for k in (0, 1, 3, 8, 50):
            B = np.arange(1, k * n + 1, dtype=dtype).reshape(k, n)
            P = np.full(packing.packed_size(k, n) + 5, GUARD, dtype)
            packing.pack(P, k, n, 0, 0, _wide(B), False)
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


@emitted
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
            _pack(whole, B)
            down, across = k // 3, 2 * n // 3
            for k0, k1 in ((0, down), (down, k)):
                for n0, n1 in ((0, across), (across, n)):
                    block = B[k0:k1, n0:n1]
                    packing.pack(blocks, k, n, k0, n0, _wide(block.T if turned else block), turned)
            np.testing.assert_array_equal(blocks, whole)


@emitted
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


@emitted
def test_called_from_compiled_code_on_views() -> None:
    @numba.njit
    def step(C: Array, A: Array, P: Array) -> None:
        product.product_packed(C[2:5, 10:40], A[2:5, :7], P, True)

    C, A, B = np.zeros((8, 50)), np.arange(80.0).reshape(8, 10), np.arange(210.0).reshape(7, 30)
    P = np.empty(packing.packed_size(7, 30))
    _pack(P, B)
    step(C, A, P)
    expected = np.zeros_like(C)
    expected[2:5, 10:40] = A[2:5, :7] @ B
    np.testing.assert_array_equal(C, expected)


@emitted
def test_mixed_and_foreign_dtypes_are_refused() -> None:
    single, double = np.ones((2, 2), np.float32), np.ones((2, 2))
    with pytest.raises(numba.TypingError, match="one dtype"):
        product.product_tn(single, double, double, True)
    with pytest.raises(numba.TypingError, match="float32 or float64"):
        product.product_tn(double.astype(int), double.astype(int), double.astype(int), True)


@emitted
@pytest.mark.skipif(vectors.VECTOR_BYTES != 64, reason="looks for the registers of AVX-512")
def test_sums_stay_in_registers() -> None:
    word, pointer = numba.intp, numba.types.CPointer(numba.float32)
    steps, shape = numba.types.UniTuple(word, 2), numba.types.UniTuple(word, 3)
    fresh = numba.njit(product._tiles.py_func)
    fresh.compile((pointer, word, pointer, steps, pointer, word, word, shape, word, word))
    (text,) = fresh.inspect_asm().values()
    lines = [line for line in text.splitlines() if "%zmm" in line]
    assert sum("vfmadd" in line for line in lines) >= sum(range(1, 9)) * sum(range(1, 4))
    assert not [line for line in lines if "%rsp" in line]


ELSEWHERE = {
    "no compiler": {"NUMBA_DISABLE_JIT": "1"},
    "no FMA": {"NUMBA_CPU_NAME": "generic"},
    "AVX2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"},
}


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[pytest.mark.slow] * (place != "no compiler")) for place in ELSEWHERE]
)
def test_elsewhere(place: str, tmp_path: Path) -> None:
    if not JIT or vectors.VECTOR_BYTES == 16:
        pytest.skip("this is elsewhere")
    if place == "AVX2" and vectors.VECTOR_BYTES != 64:
        pytest.skip("this is AVX2, or it has none")
    environment = {**os.environ, **ELSEWHERE[place], "NUMBA_CACHE_DIR": str(tmp_path)}
    chosen = "every_copy or every_tail and some"
    options = ["-q", "-x", "-p", "no:cacheprovider", "-k", chosen]
    options += ["-m", ""] if place == "no FMA" else []  # float64 too, which is slow
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, __file__], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
