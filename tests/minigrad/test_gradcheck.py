"""gradcheck must catch what is wrong and accept what is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.broadcast import sum_to
from tests.minigrad.gradcheck_cases import numbers, primitive

Array = np.ndarray
METHODS = ("central", "complex")
each_method = pytest.mark.parametrize("method", METHODS)


def check_pair(right: Any, wrong: Any, inputs: list[Array], method: str, **options: Any) -> mg.gradcheck:
    """Require that the right op passes and the wrong one fails; return the report of the latter."""
    assert mg.assert_gradients(right, inputs, method=method, **options)
    report = mg.gradcheck(wrong, inputs, method=method, **options)
    assert not report
    with pytest.raises(AssertionError, match="FAILED"):
        mg.assert_gradients(wrong, inputs, method=method, **options)
    return report


# Planted errors, each beside its correct twin


@each_method
def test_a_wrong_sign(method: str) -> None:
    right = primitive(np.sin, lambda g, x: g * np.cos(x))
    wrong = primitive(np.sin, lambda g, x: -g * np.cos(x))
    report = check_pair(right, wrong, [numbers(3, 2)], method)
    assert len(report.wrong) == 6
    assert all(row.analytic == pytest.approx(-row.numeric) for row in report.wrong)


@each_method
def test_a_factor_of_1_01(method: str) -> None:
    right = primitive(np.exp, lambda g, x: g * np.exp(x))
    wrong = primitive(np.exp, lambda g, x: 1.01 * g * np.exp(x))
    report = check_pair(right, wrong, [numbers(3)], method)
    assert [row.relative for row in report.wrong] == pytest.approx([0.01 / 1.01] * 3, rel=1e-3)


@each_method
def test_a_missing_unbroadcast(method: str) -> None:
    right = primitive(np.add, lambda g, x, y: sum_to(g, x.shape), lambda g, x, y: sum_to(g, y.shape))
    wrong = primitive(np.add, lambda g, x, y: sum_to(g, x.shape), lambda g, x, y: g)
    report = check_pair(right, wrong, [numbers(3, 4), numbers(4)], method)
    assert "un-broadcast" in str(report)


@each_method
def test_an_unbroadcast_that_takes_one_row_instead_of_the_sum(method: str) -> None:
    right = primitive(np.add, lambda g, x, y: g, lambda g, x, y: sum_to(g, y.shape))
    wrong = primitive(np.add, lambda g, x, y: g, lambda g, x, y: g[0])
    report = check_pair(right, wrong, [numbers(3, 4), numbers(4)], method)
    assert {row.input for row in report.wrong} == {"input 1"}


@each_method
def test_a_derivative_that_is_right_only_for_a_uniform_cotangent(method: str) -> None:
    right = primitive(np.square, lambda g, x: 2 * x * g)
    wrong = primitive(np.square, lambda g, x: 2 * x * g.mean())
    x = mg.tensor(numbers(3, 4), requires_grad=True)
    wrong(x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * x.data)
    check_pair(right, wrong, [x.data], method)


@each_method
@pytest.mark.parametrize("place", [0, 4321, 9999])
def test_one_wrong_element_in_ten_thousand_is_named(method: str, place: int) -> None:
    def spoilt(g: Array, x: Array) -> Array:
        out = 2 * x * g
        out.flat[place] *= 1.01
        return out

    right, wrong = (primitive(np.square, vjp) for vjp in (lambda g, x: 2 * x * g, spoilt))
    report = check_pair(right, wrong, [numbers(100, 100)], method)
    assert [row.index for row in report.wrong] == [divmod(place, 100)]
    assert str(list(divmod(place, 100))) in str(report)


@each_method
def test_a_vjp_that_forgets_that_an_input_is_used_twice(method: str) -> None:
    right = primitive(lambda x: x @ x, lambda g, x: g @ x.T + x.T @ g)
    wrong = primitive(lambda x: x @ x, lambda g, x: g @ x.T)
    check_pair(right, wrong, [numbers(3, 3)], method)


# More ways to be wrong


@pytest.mark.parametrize("size", [4, 2000])
@each_method
def test_a_gradient_of_zero_where_there_is_one(method: str, size: int) -> None:
    check_pair(
        primitive(np.sin, lambda g, x: g * np.cos(x)),
        primitive(np.sin, lambda g, x: 0 * g),
        [numbers(size)],
        method,
    )


def test_a_whole_large_gradient_that_is_wrong_names_some_elements() -> None:
    report = mg.gradcheck(primitive(np.sin, lambda g, x: -g * np.cos(x)), [numbers(5000)])
    assert len([row for row in report.wrong if row.index is not None]) == 10
    assert len(str(report).splitlines()) < 20


def test_nan_in_the_analytic_gradient() -> None:
    wrong = primitive(np.sin, lambda g, x: g * np.cos(x) * np.where(x > 0, 1, np.nan))
    report = mg.gradcheck(wrong, [numbers(2000)])
    assert not report
    assert all(np.isnan(row.analytic) for row in report.wrong if row.index is not None)


def test_small_gradients_are_not_lost_beside_the_tolerance() -> None:
    # As at the leaves of a deep tree; an absolute tolerance of 1e-8 would accept anything.
    check_pair(
        primitive(lambda x: 1e-11 * np.sin(x), lambda g, x: 1e-11 * g * np.cos(x)),
        primitive(lambda x: 1e-11 * np.sin(x), lambda g, x: -1e-11 * g * np.cos(x)),
        [numbers(5)],
        "auto",
    )


def test_an_op_that_drops_the_imaginary_part_does_not_deceive_the_complex_step() -> None:
    # Backward forgets the same term that the complex step can't see.
    forward = lambda x: x**2 + np.abs(x)  # noqa: E731
    report = mg.gradcheck(primitive(forward, lambda g, x: 2 * x * g), [numbers(5)])
    assert not report
    assert report.methods["input 0"] == "central differences"
    mg.assert_gradients(primitive(forward, lambda g, x: (2 * x + np.sign(x)) * g), [numbers(5)])


# Kinks and hard functions


def test_kinks_are_listed_and_skipped() -> None:
    x = np.concatenate([[0.0, -0.0], numbers(20)])
    report = mg.gradcheck(mg.relu, [x])
    assert report
    assert (report.kinks, report.compared) == (2, 20)
    assert [row.index for row in report.rows if row.verdict == "kink"] == [(0,), (1,)]
    assert "kink" in str(mg.gradcheck(mg.relu, [x[1:9]]))


@pytest.mark.parametrize("function", [mg.abs, mg.max, lambda x: mg.maximum(x, 0.0)])
def test_more_than_a_tenth_on_kinks_is_false(function: Callable[..., mg.Tensor]) -> None:
    report = mg.gradcheck(function, [np.zeros(5)])
    assert not report
    assert report.kinks == 5
    assert "kinks" in str(report)


def test_kinks_in_a_large_input_are_found_and_skipped() -> None:
    x = numbers(10_000)
    x[[17, 9000]] = 0
    report = mg.assert_gradients(mg.relu, [x])
    assert [row.index for row in report.rows if row.verdict == "kink"] == [(17,), (9000,)]
    assert report.compared == 9998


@pytest.mark.parametrize("x", [1e-3, 1e-5, 1e-6, 2e-7, -1e-6])
def test_a_wrong_derivative_near_a_kink_is_no_kink(x: float) -> None:
    wrong = primitive(np.abs, lambda g, x: -g * np.sign(x), analytic=False)
    assert mg.gradcheck(wrong, [np.array([x])]).wrong
    mg.assert_gradients(mg.abs, [np.array([x])])


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_a_wrong_derivative_of_a_steep_smooth_function_is_no_kink(scale: float) -> None:
    x = numbers(5) / scale
    right = primitive(
        lambda x: np.exp(-((scale * x) ** 2)), lambda g, x: _bump_slope(g, x, scale), analytic=False
    )
    wrong = primitive(
        lambda x: np.exp(-((scale * x) ** 2)), lambda g, x: 1.01 * _bump_slope(g, x, scale), analytic=False
    )
    check_pair(right, wrong, [x], "central")
    assert mg.gradcheck(wrong, [x]).kinks == 0


def _bump_slope(g: Array, x: Array, scale: float) -> Array:
    return g * np.exp(-((scale * x) ** 2)) * -2 * x * scale**2


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("x", [1e-12, 1e-7, 1e-3, 1.0, 1e9])
def test_the_step_fits_the_size_of_the_element(x: float, method: str) -> None:
    mg.assert_gradients(mg.log, [np.array([x])], method=method)
    mg.assert_gradients(mg.sqrt, [np.array([x, 1.0])], method=method)
    mg.assert_gradients(lambda x: x**3, [np.array([x, -x])], method=method)


def test_a_result_that_is_large_beside_its_derivative() -> None:
    mg.assert_gradients(lambda x: mg.tanh(x) + 1e6, [numbers(4)], method="central")
    mg.assert_gradients(lambda x: mg.tanh(x).sum() * 1e12, [numbers(4)], method="central")


def test_a_step_that_is_lost_in_an_intermediate_value() -> None:
    mg.assert_gradients(lambda x: (x + 1e7) - 1e7, [numbers(4)], method="central", rtol=1e-4)


@pytest.mark.parametrize("factor", [0.3, 0.45, 1.0])
def test_a_wrong_derivative_where_the_function_is_flat(factor: float) -> None:
    # Longer steps than the element's distance from the kink would see another slope.
    wrong = primitive(lambda x: np.maximum(x, 0), lambda g, x: factor * g, analytic=False)
    for x in (-1e-3, -1e-5, -2e-7):
        assert mg.gradcheck(wrong, [np.array([x])]).wrong


# Choice of method


def test_smooth_functions_take_the_complex_step_to_the_last_digits() -> None:
    report = mg.gradcheck(lambda x, y: mg.softmax(mg.tanh(x @ y)), [numbers(3, 4), numbers(4, 2)])
    assert report.methods == {"x": "complex step", "y": "complex step"}
    assert max(row.relative for row in report.rows) < 1e-12


@pytest.mark.parametrize("function", [mg.abs, mg.relu, mg.max, lambda x: mg.maximum(x, 0.1), mg.softsign])
def test_ops_without_a_complex_meaning_take_central_differences(function: Callable[..., mg.Tensor]) -> None:
    report = mg.assert_gradients(lambda x: function(mg.tanh(x)), [numbers(4)])
    assert set(report.methods.values()) == {"central differences"}
    with pytest.raises(ValueError, match="complex step"):
        mg.gradcheck(function, [numbers(4)], method="complex")


def test_a_function_that_refuses_complex_numbers_takes_central_differences() -> None:
    report = mg.assert_gradients(lambda x: x * float(np.float64(x.data.sum()) * 0 + 2), [numbers(4)])
    assert set(report.methods.values()) == {"central differences"}


def test_a_function_whose_result_has_the_dtype_of_one_input_takes_the_complex_step() -> None:
    # As a fold, which keeps its states in the dtype of the leaves.
    def states(leaves: mg.Tensor, W: mg.Tensor) -> mg.Tensor:
        out = leaves @ W
        if out.dtype != leaves.dtype:
            raise TypeError(f"states of {leaves.dtype} can't hold {out.dtype}")
        return out

    report = mg.assert_gradients(states, [numbers(2, 3), numbers(3, 2)])
    assert set(report.methods.values()) == {"complex step"}


def test_unknown_method() -> None:
    with pytest.raises(ValueError, match="complex"):
        mg.gradcheck(mg.tanh, [numbers(2)], method="forward")
