from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.optim import clip_grad_norm, clip_grad_value
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
