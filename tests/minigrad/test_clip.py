from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.optim import SGD, clip_grad_norm, clip_grad_value
from tests.minigrad.test_optim import G_DENSE, G_SUMMED, W, dtypes, give, parameter


@pytest.mark.parametrize("sparse", [False, True])
@dtypes
def test_clipping_scales_all_gradients_and_returns_the_norm_before(sparse: bool, dtype: Any) -> None:
    p, q, without = parameter(dtype), Parameter(np.zeros(1, dtype)), parameter(dtype)
    give(p, sparse)
    q.grad = np.array([4.0], dtype)
    expected = G_SUMMED if sparse else G_DENSE
    norm = np.sqrt((expected**2).sum() + 16)
    assert clip_grad_norm([p, q, without], 1.0) == pytest.approx(norm, rel=1e-6)
    got = p.grad.dense() if isinstance(p.grad, mg.SparseRows) else p.grad
    assert got is not None
    assert isinstance(p.grad, mg.SparseRows) == sparse
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected / norm, rtol=1e-6)
    np.testing.assert_allclose(q.grad, [4 / norm], rtol=1e-6)
    assert without.grad is None
    assert clip_grad_norm([p, q], 1.0) == pytest.approx(1.0, rel=1e-6)


def test_clipping_leaves_small_gradients_alone() -> None:
    p = parameter()
    give(p, sparse=False)
    clip_grad_norm([p], 1e9)
    np.testing.assert_array_equal(p.grad, G_DENSE)
    assert clip_grad_norm([Parameter(W)], 1.0) == 0.0


@pytest.mark.parametrize("sparse", [False, True])
@dtypes
def test_clipping_by_value_bounds_every_element_of_the_summed_gradient(sparse: bool, dtype: Any) -> None:
    p, q, without = parameter(dtype), Parameter(np.zeros(1, dtype)), parameter(dtype)
    give(p, sparse)
    q.grad = small = np.array([0.25], dtype)
    expected = G_SUMMED if sparse else G_DENSE
    assert clip_grad_value(iter([p, q, without]), 0.75) == np.abs(expected).max()
    got = p.grad.dense() if isinstance(p.grad, mg.SparseRows) else p.grad
    assert got is not None
    assert isinstance(p.grad, mg.SparseRows) == sparse
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, np.clip(expected, -0.75, 0.75).astype(dtype))
    assert q.grad is small
    assert without.grad is None
    assert clip_grad_value([without], 1.0) == 0.0


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sparse", [False, True])
def test_clipping_names_a_parameter_that_is_not_finite_and_scales_nothing(
    bad: float, sparse: bool, clip: Any
) -> None:
    fine, p = Parameter(np.zeros(1)), parameter()
    fine.grad = np.array([1e3])
    values = np.array([[bad, 1.0]])
    p.grad = mg.SparseRows(np.array([1]), values, 3) if sparse else np.where(np.eye(3, 2) > 0, bad, W)
    count = "1 of 2" if sparse else "2 of 6"
    with pytest.raises(
        FloatingPointError, match=rf"gradient of W \(3, 2\) is not finite \({count} elements\)"
    ):
        clip([fine, p], 1.0)
    assert fine.grad.tolist() == [1e3]
    p.name = None
    with pytest.raises(FloatingPointError, match="gradient of parameter 1"):
        clip([fine, p], 1.0)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_a_bound_that_is_none_is_refused(wrong: float, clip: Any) -> None:
    p = parameter()
    give(p, sparse=False)
    with pytest.raises(ValueError, match="is not negative"):
        clip([p], wrong)
    np.testing.assert_array_equal(p.grad, G_DENSE)


HUGE = [
    (np.float64, 1e200),
    (np.float64, 1.5e308),
    (np.float32, 1e30),
    (np.float32, 3e38),
    (np.float64, 1e-200),
]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("dtype", "size"), HUGE)
def test_gradients_whose_squares_leave_float64_are_clipped(dtype: Any, size: float, sparse: bool) -> None:
    """They are finite; only the sum of their squares is not, or the factor that scales them."""
    p, q = Parameter(np.zeros((3, 2), dtype), "W"), Parameter(np.zeros(1, dtype))
    for max_norm in (1.0, 1e-30, 0.6 * size):
        values = np.array([[0.6, -0.8]], dtype) * dtype(size)
        p.grad = mg.SparseRows(np.array([1]), values, 3) if sparse else np.pad(values, ((1, 1), (0, 0)))
        q.grad = np.zeros(1, dtype)
        assert clip_grad_norm([p, q], max_norm) == pytest.approx(size, rel=1e-6)
        got = p.grad.dense() if isinstance(p.grad, mg.SparseRows) else p.grad
        expected = np.array([0.6, -0.8]) * min(max_norm, size)
        np.testing.assert_allclose(got[1].astype(float) / expected, [1, 1], rtol=1e-6)
        assert got.dtype == dtype
        p.grad = mg.SparseRows(np.array([1]), values, 3) if sparse else np.pad(values, ((1, 1), (0, 0)))
        assert clip_grad_value([p], size / 2) == pytest.approx(0.8 * size, rel=1e-6)
        got = p.grad.dense() if isinstance(p.grad, mg.SparseRows) else p.grad
        np.testing.assert_allclose(got[1].astype(float) / size, [0.5, -0.5], rtol=1e-6)


def test_a_norm_beyond_float64_is_infinite_and_its_gradient_is_clipped_all_the_same() -> None:
    p, q = Parameter(np.zeros(2)), Parameter(np.zeros(1, np.float32))
    p.grad, q.grad = np.full(2, 1.7e308), np.ones(1, np.float32)
    assert clip_grad_norm([p, q], 1.0) == np.inf
    np.testing.assert_allclose(p.grad, np.sqrt([0.5, 0.5]))
    assert q.grad == 0


def test_a_norm_is_recorded_whose_squares_leave_float64() -> None:
    x = mg.tensor(np.array([3.0, 4.0]), requires_grad=True)
    for size in (1e200, 1e-200):
        with mg.record_gradients() as record:
            (x * size).sum().backward()
        assert record.entries[-1].norm == pytest.approx(np.sqrt(2) * size)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_what_is_no_list_of_leaves_is_refused(clip: Any) -> None:
    """The rows of a single parameter have no gradients, and nothing would be clipped."""
    w = Parameter(np.zeros(2))
    w.grad = np.array([3.0, 4.0])
    with pytest.raises(TypeError, match=r"clipping takes a list of parameters, .*; or \[w\]"):
        clip(w, 1.0)
    for wrong in ([w * 2], [w, w.detach()], {"w": w}, [np.ones(2)]):
        with pytest.raises(TypeError, match="clipping takes a list of leaves that require a gradient"):
            clip(wrong, 1.0)
    with pytest.raises(TypeError, match=r"as model\.parameters\(\) returns, not 3"):
        clip(3, 1.0)
    np.testing.assert_array_equal(w.grad, [3, 4])
    for wrong in (w, Parameter(np.ones(()))):
        with pytest.raises(TypeError, match=r"an optimiser takes a list of parameters, .*; or \[w\]"):
            SGD(wrong, lr=0.1)
