"""Every kernel against its slow NumPy twin, and against what its numbers must be."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import event

from minigrad import kernels, waiting
from minigrad.kernels.jit import COMPILING, JIT_ENABLED, Compiling, compiled
from minigrad.kernels.vectors import VECTOR_BYTES
from minigrad.ops.formula import ACTIVATIONS
from tests.clock import FakeClock, Impatient

Array = np.ndarray
Make = Callable[[tuple[int, ...]], Array]
DTYPES = (np.float32, np.float64)


FORMULAS = [*ACTIVATIONS]
KERNELS: dict[str, Any] = {name: getattr(kernels, name) for name in kernels.__all__} | {
    kernel.__name__: kernel for name in FORMULAS for kernel in ACTIVATIONS[name].kernels
}
for function in ("JIT_ENABLED", "elementwise", "euclidean_norm", "MANY", "averaged", "summed"):  # no kernels
    del KERNELS[function]


def _rows(n: int, height: int = 7) -> Array:
    return np.random.default_rng(n).integers(0, height, n)


def _updated(update: Callable[..., None], dtype: type, n: int, rule: int) -> list[Array]:
    """Update by a dense derivative, by rows of a table, not at all; with steps behind the rows."""
    make = dense(dtype)
    kept = [make((4 * n + 4 * 7 + 8,)) ** 2 for _ in range(2)]
    counts = np.array([0] * 4 + list(range(7)) + [3, 3, 0, 5])
    values = [make((4 * n,)), make((28,)), make((8,))]
    dense_, sparse = make((4 * n + 8,)), make((4 * n,))
    end = 4 * n * dense_.itemsize  # the third array's derivative follows the first one's
    spans = np.array(
        [[0, 0, 4, n, 0, 0], [4 * n, 4, 7, 4, 1, 0], [4 * n + 28, 11, 4, 2, 0 if n % 2 else 2, end]]
    )
    at = [[array.ctypes.data] for array in values]
    sources = np.array([[dense_.ctypes.data, 0, 0], [sparse.ctypes.data if n else 0, 0, n], [0, 0, 0]])
    rows = np.random.default_rng(n).permutation(7)[:n]
    constants = (0.05, 1e-3, 1e-2, 0.1, 0.9, 0.99, 0.3)
    update(*kept, counts, np.concatenate([spans, at], axis=1), sources, rows, rule, constants)
    return [*kept, counts, *values]


# One entry per kernel but `update`: its arguments for n rows, made from a maker of arrays.
ARGUMENTS: dict[str, Callable[[Make, int], tuple[Any, ...]]] = {
    **{name: lambda make, n: (make((n, 4)),) for name in (*FORMULAS, "column_sums", "squared_norm")},
    **{f"{name}_vjp": lambda make, n: (make((n, 4)), make((n, 4))) for name in FORMULAS},
    "softmax": lambda make, n: (make((n, 4)),),
    "log_softmax": lambda make, n: (make((n, 4)),),
    "cross_entropy": lambda make, n: (make((n, 4)), _rows(n, 4), make((n, 4))),
    "cross_entropy_vjp": lambda make, n: (make((n,)), make((n, 4)), _rows(n, 4)),
    "scatter_add_rows": lambda make, n: (make((7, 4)), _rows(n), make((n, 4))),
    "first_outside": lambda make, n: (_rows(n), 4),
    "sum_rows": lambda make, n: (_rows(n), make((n, 3))),
    "linear_cross_entropy": lambda make, n: (
        make((n, 3)),
        make((4, 3)),
        make((4,)),
        make((7, 3)),
        make((4, 3)),
        make((4,)),
        _rows(n),
        _rows(n, 4),
        0.3,
    ),
    "row_norms": lambda make, n: (make((7, 4)), _rows(n)),
    "depths_and_roots": lambda make, n: (
        np.array([-1, -1, -1, 0, -1, 3], np.intp)[: 1 + n],
        np.array([-1, -1, -1, 2, -1, 4], np.intp)[: 1 + n],
    ),
}
ROWS = (0, 1, 5)


def dense(dtype: type) -> Make:
    rng = np.random.default_rng(3)
    return lambda shape: rng.normal(size=shape).astype(dtype)


def strided(dtype: type) -> Make:
    rng = np.random.default_rng(3)
    return lambda shape: rng.normal(size=[2 * n for n in shape]).astype(dtype)[
        (slice(None, None, 2),) * len(shape)
    ]


def copies(arguments: tuple[Any, ...]) -> list[Any]:
    """Copy the arguments; arrays keep their layout."""
    out: list[Any] = []
    for x in arguments:
        if isinstance(x, tuple):
            x = tuple(copies(x))
        elif isinstance(x, np.ndarray):
            base = np.empty([2 * n for n in x.shape], x.dtype)
            target = base[(slice(None, None, 2),) * x.ndim] if not x.flags.c_contiguous else np.empty_like(x)
            target[...] = x
            x = target
        out.append(x)
    return out


def flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple):
            yield from flat(value)
        else:
            yield value


def compare(name: str, arguments: tuple[Any, ...], rtol: float) -> None:
    kernel = KERNELS[name]
    mine, theirs = copies(arguments), copies(arguments)
    with np.errstate(all="ignore"):
        results = kernel(*mine), kernel.twin(*theirs)
    for fast, slow in zip(flat([results[0], *mine]), flat([results[1], *theirs]), strict=True):
        if fast is not None or slow is not None:
            np.testing.assert_allclose(fast, slow, rtol=rtol, atol=rtol)
            assert np.asarray(fast).dtype == np.asarray(slow).dtype


def test_every_kernel_is_compared_with_its_twin() -> None:
    assert {*KERNELS} == {*ARGUMENTS, "update"}
    assert all(hasattr(kernel, "twin") for kernel in KERNELS.values())


# In float64, every gradient check runs them
@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_like_the_twin(name: str, dtype: type) -> None:
    for n in ROWS:
        compare(name, ARGUMENTS[name](dense(dtype), n), rtol=1e-6 if dtype is np.float32 else 1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", range(7))
def test_updates_are_like_the_twin_s(rule: int, dtype: type) -> None:
    tolerance = 1e-6 if dtype is np.float32 else 1e-14
    for n in ROWS:
        results = (_updated(update, dtype, n, rule) for update in (kernels.update, kernels.update.twin))
        for fast, slow in zip(*results, strict=True):
            np.testing.assert_allclose(fast, slow, rtol=tolerance, atol=tolerance)


@pytest.mark.skipif(not JIT_ENABLED, reason="nothing is compiled")
def test_elementwise_loops_are_compiled_once_per_dtype_whatever_the_layout() -> None:
    """Of a sum's cotangent, of a transposed matrix, of a vector and of a number."""
    fast = KERNELS["tanh_vjp"]
    whole = np.arange(6.0).reshape(2, 3)
    number, views = np.float64(2), [whole, whole.T, whole[0], whole[:, 1], whole[:, ::2]]
    views += [np.broadcast_to(number, shape) for shape in [(), (1,), (3,), (2, 3), (2, 1, 3)]]
    for view in views:
        for g in (view, np.broadcast_to(number, view.shape)):
            np.testing.assert_allclose(fast(g, view), fast.twin(g, view))
    kinds = {(kind.layout, kind.ndim, kind.mutable) for pair in fast.compiled.signatures for kind in pair}
    assert kinds == {("C", 2, True)}


@pytest.mark.slow  # each kernel is compiled once more
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arrays_that_are_not_contiguous(name: str) -> None:
    for n in ROWS:
        compare(name, ARGUMENTS[name](strided(np.float64), n), rtol=1e-14)


LIMITS = {
    "tanh": (np.tanh, -1.0, 1.0),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 0.0, 1.0),
    "relu": (lambda x: np.maximum(x, 0), 0.0, np.inf),
    "softplus": (lambda x: np.log1p(np.exp(x)), 0.0, np.inf),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_infinity_has_its_limit_and_nan_stays_nan(name: str, dtype: type) -> None:
    _, low, high = LIMITS[name]
    # Long enough for the vectorised loop, and for its remainder.
    x = np.tile(np.array([-np.inf, np.nan, np.inf], dtype), 13)
    y = KERNELS[name](x)
    np.testing.assert_array_equal(y, np.tile(np.array([low, np.nan, high], dtype), 13))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_extreme_scores(name: str, dtype: type) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        y = getattr(kernels, name)(np.array([[1e4, -1e4], [0, -np.inf], [np.nan, 0], [1, np.nan]], dtype))
    expected = np.array([[1, 0], [1, 0]]) if name == "softmax" else np.array([[0, -2e4], [0, -np.inf]])
    np.testing.assert_array_equal(y[:2], expected)
    assert np.isnan(y[2:]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_of_extreme_scores(dtype: type) -> None:
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    losses = kernels.cross_entropy(logits, np.array([0, 1]), np.empty_like(logits))
    np.testing.assert_array_equal(losses, [0, 2e4])


FUSED = VECTOR_BYTES > 16 or not JIT_ENABLED  # whatever has wide vectors has fused multiply-adds


@pytest.mark.parametrize(("name", "error"), [("tanh", 3e-7 if FUSED else 3.3e-7), ("sigmoid", 2e-7)])
def test_float32_error_over_a_dense_grid(name: str, error: float) -> None:
    x = np.concatenate([np.linspace(-12, 12, 200_001), np.logspace(-30, 2, 1001)]).astype(np.float32)
    exact, low, high = LIMITS[name]
    y = KERNELS[name](x)
    assert np.abs(y - exact(x.astype(np.float64))).max() <= error
    assert y.min() >= low
    assert y.max() <= high


def test_small_numbers_keep_their_relative_precision_in_tanh() -> None:
    x = np.logspace(-30, -2, 1001).astype(np.float32)
    np.testing.assert_allclose(KERNELS["tanh"](x), np.tanh(x.astype(np.float64)), rtol=5e-7)


@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).integers(0, 10_000, 3_000),
        np.arange(2_000) * 65_536,  # which a table of 4,096 places must not throw together
        np.arange(-500, 500).repeat(3),
        np.zeros(100, np.intp),
        np.array([np.iinfo(np.intp).max, np.iinfo(np.intp).min, 0, np.iinfo(np.intp).max]),
    ],
)
def test_rows_are_summed_once_each_in_order(rows: Array) -> None:
    values = np.random.default_rng(1).integers(-9, 9, (len(rows), 2)).astype(np.float64)
    distinct, sums = rows.copy(), values.copy()
    n = kernels.sum_rows(distinct, sums)
    expected: dict[int, Array] = {}
    for row, value in zip(rows.tolist(), values, strict=True):
        expected[row] = expected.get(row, 0) + value
    assert distinct[:n].tolist() == list(expected)
    np.testing.assert_array_equal(sums[:n], list(expected.values()))


def test_first_outside() -> None:
    assert kernels.first_outside(np.array([0, 4, 5, -1]), 5) == 2
    assert kernels.first_outside(np.array([0, -1, 5]), 5) == 1
    assert kernels.first_outside(np.array([], np.intp), 0) == -1


def test_repeated_rows_add_up() -> None:
    table = np.zeros((3, 2))
    kernels.scatter_add_rows(table, np.array([1, 1, 2]), np.ones((3, 2)))
    np.testing.assert_array_equal(table, [[0, 0], [2, 2], [1, 1]])


@pytest.mark.parametrize("shape", [(3,), (3, 2, 2)])
def test_scatter_add_takes_tables_of_any_number_of_axes(shape: tuple[int, ...]) -> None:
    table = np.zeros(shape)
    kernels.scatter_add_rows(table, np.array([0, 0]), np.ones((2, *shape[1:])))
    np.testing.assert_array_equal(table[0], np.full(shape[1:], 2.0))
    assert not table[1:].any()


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.complex128])
def test_numbers_without_a_compiled_loop_take_the_twin(dtype: type) -> None:
    # A loop compiled for integers would round every result to 0.
    x = np.array([0, 1, 2], dtype)
    np.testing.assert_allclose(KERNELS["tanh"](x), np.tanh([0.0, 1.0, 2.0]))


def test_squared_norm_of_float32_is_added_up_in_float64() -> None:
    x = np.full(1_000_000, 0.1, np.float32)
    assert kernels.squared_norm(x) == pytest.approx(1e6 * float(x[0]) ** 2, rel=1e-10)


def test_norms_of_rows_whose_squares_leave_float64() -> None:
    x = np.array([[3e200, 4e200], [3e-200, 4e-200], [np.inf, 1], [np.nan, 1e200], [0, 0], [3, 4]])
    for norms in (kernels.row_norms(x, np.arange(6)), kernels.row_norms.twin(x, np.arange(6))):
        np.testing.assert_allclose(norms, [5e200, 5e-200, np.inf, np.nan, 0, 5], rtol=1e-15)
        assert norms[5] == 5


def test_a_squared_norm_beyond_float64_is_infinite_and_warns_of_nothing() -> None:
    assert kernels.squared_norm(np.array([1e200, -1e200])) == np.inf


def test_empty_arrays() -> None:
    assert KERNELS["tanh"](np.empty((0, 3))).shape == (0, 3)
    assert kernels.softmax(np.empty((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(kernels.column_sums(np.empty((0, 3))), np.zeros(3))


class Compilation:
    """What Numba tells a listener of."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.data = {"dispatcher": types.SimpleNamespace(py_func=function)}


def test_compiling_is_told_once_when_it_has_taken_three_seconds_in_all(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, listener = FakeClock(), Compiling()
    monkeypatch.setattr(waiting, "CLOCK", clock)
    kernel, other = Compilation(len), Compilation(max)
    listener.own.add(len)

    def compiled(seconds: float, *compilations: Compilation) -> int:
        """Compile, each while the one before it is compiled; return how often something was said."""
        for each in compilations:
            listener.on_start(each)
        for each in reversed(compilations):
            clock.pass_(seconds / len(compilations))
            listener.on_end(each)
        return len(caplog.records)

    assert compiled(10, other) == 0  # of somebody else
    assert compiled(2, kernel) == 0
    clock.pass_(10)  # something else is done
    assert compiled(0.9, kernel, other, kernel) == 0
    assert compiled(0.2, kernel) == 1
    assert compiled(10, kernel) == 1
    assert "compiling kernels, first time on this machine" in caplog.text


@pytest.mark.skipif(not JIT_ENABLED, reason="nothing is compiled")
def test_numba_tells_what_it_compiles(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "CLOCK", Impatient())
    for own in (False, True):
        listener, function = Compiling(), eval("lambda x: x + 1")
        listener.own.update([function] if own else [])
        with event.install_listener("numba:compile", listener):
            assert numba.njit(function)(1) == 2
        assert len(caplog.records) == own


@pytest.mark.skipif(not JIT_ENABLED, reason="nothing is compiled")
def test_what_is_compiled_for_the_project_is_what_is_told() -> None:
    assert kernels.row_norms.compiled.py_func in COMPILING.own  # type: ignore[attr-defined]
    helper = eval("lambda x: x + 1")
    compiled(helper, cache=False)
    assert helper in COMPILING.own


@pytest.mark.parametrize("label", [0, 2])
def test_the_loss_of_complex_scores_has_the_derivative_in_its_imaginary_part(label: int) -> None:
    """As gradcheck's complex step needs it."""
    scores, step = np.array([[0.3, -1.2, 2.0]]), 1e-30
    p = np.exp(scores) / np.exp(scores).sum()
    for k in range(3):
        moved = scores.astype(complex)
        moved[0, k] += 1j * step
        q = np.empty_like(moved)
        loss = kernels.cross_entropy(moved, np.array([label]), q)
        assert loss.real == pytest.approx(-np.log(p[0, label]), rel=1e-14)
        assert loss.imag / step == pytest.approx(p[0, k] - (k == label), rel=1e-13)
        np.testing.assert_allclose(q.real, p, rtol=1e-14)
        np.testing.assert_allclose(q.imag[0] / step, p[0] * ((np.arange(3) == k) - p[0, k]), rtol=1e-13)
