"""How gradcheck is called, what it leaves behind, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import minigrad as mg
from tests.minigrad.gradcheck_cases import numbers, primitive

Array = np.ndarray


def test_a_function_without_parameters_uses_the_tensors_by_itself() -> None:
    W = mg.tensor(numbers(3, 2), requires_grad=True, name="W")
    b = mg.tensor(numbers(2), requires_grad=True, name="b")
    x = numbers(4, 3)
    report = mg.assert_gradients(lambda: mg.tanh(x @ W + b), [W, b])
    assert set(report.methods) == {"W", "b"}
    assert report.compared == 8


def test_dicts_arrays_and_single_tensors() -> None:
    report = mg.assert_gradients(lambda x, y: x * y, {"left": numbers(2), "right": numbers(2)})
    assert set(report.methods) == {"left", "right"}
    assert set(mg.gradcheck(mg.mul, [numbers(2)] * 2, names=["a", "b"]).methods) == {"a", "b"}
    assert mg.gradcheck(mg.tanh, mg.tensor(numbers(2), requires_grad=True)).compared == 2
    assert mg.gradcheck(lambda *xs: mg.concat(xs), [numbers(2), numbers(3)]).compared == 5


def test_sparse_gradients_shared_inputs_and_inputs_without_effect() -> None:
    table, unused = numbers(5, 2), numbers(3)
    rows = np.array([1, 1, 3])
    report = mg.assert_gradients(lambda t, u: mg.gather(t, rows) * t[0], {"table": table, "unused": unused})
    assert report.compared == 13
    assert all(row.numeric == 0 for row in report.rows if row.input == "unused")


@pytest.mark.parametrize("size", [3, 1000])
def test_inputs_and_their_gradients_are_left_bit_for_bit(size: int) -> None:
    x = mg.tensor(numbers(size), requires_grad=True)
    x.data[0] = -0.0
    array, bits = x.data, x.data.tobytes()
    x.grad = old = np.ones(size)
    mg.gradcheck(lambda x: mg.tanh(x) * x, [x])
    assert x.data is array
    assert x.data.tobytes() == bits
    assert x.grad is old
    np.testing.assert_array_equal(old, 1)


def test_inputs_are_left_as_they_were_after_an_error_in_the_function() -> None:
    x = mg.tensor(numbers(3), requires_grad=True)
    array, bits = x.data, x.data.tobytes()
    calls: Iterator[int] = iter(range(10))

    def breaks() -> mg.Tensor:
        if next(calls) == 5:
            raise KeyError("later")
        return mg.abs(x)

    with pytest.raises(KeyError, match="later"):
        mg.gradcheck(breaks, [x])
    assert x.data is array
    assert x.data.tobytes() == bits
    assert x.grad is None


def test_float32_is_refused_with_advice() -> None:
    for x in (numbers(2).astype(np.float32), mg.tensor([1.0], requires_grad=True)):
        with pytest.raises(TypeError, match=r"dtype=np\.float64"):
            mg.gradcheck(mg.tanh, [x])


def test_inputs_that_are_no_leaves() -> None:
    x = mg.tensor(numbers(2), requires_grad=True)
    for bad in (x * 1.0, mg.tensor(numbers(2))):
        with pytest.raises(TypeError, match="requires_grad=True"):
            mg.gradcheck(mg.tanh, [bad])
    with pytest.raises(TypeError, match="arguments"):
        mg.gradcheck(lambda: x * 1.0, [numbers(2)])
    with pytest.raises(TypeError, match="returns a tensor"):
        mg.gradcheck(lambda x: x.data, [x])


# Functions that can't be checked


def test_random_functions_are_false_with_advice() -> None:
    rng = np.random.default_rng(0)
    report = mg.gradcheck(lambda x: mg.dropout(x, 0.5, rng), [numbers(20)])
    assert not report
    assert "generator inside" in str(report)
    mg.assert_gradients(lambda x: mg.dropout(x, 0.5, np.random.default_rng(0)), [numbers(20)])


def test_a_backward_that_is_random_is_false() -> None:
    rng = np.random.default_rng(0)
    wrong = primitive(np.sin, lambda g, x: g * np.cos(x) * rng.random())
    assert "two backward passes" in str(mg.gradcheck(wrong, [numbers(3)]))


def test_a_function_that_changes_its_input_is_false_and_the_input_restored() -> None:
    x = mg.tensor(numbers(3), requires_grad=True, name="weights")
    bits = x.data.tobytes()

    def changes() -> mg.Tensor:
        out = x * 2.0
        x.data[1] += 1
        return out

    report = mg.gradcheck(changes, [x])
    assert not report
    assert "weights" in str(report)
    assert x.data.tobytes() == bits


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_result_that_is_not_finite_is_false(value: float) -> None:
    report = mg.gradcheck(lambda x: x * np.array([1.0, value, 1.0]), [numbers(3)])
    assert not report
    assert "not finite" in str(report)
    assert "[1]" in str(report)


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: x * 2.0, [np.empty((0, 3))]),
        (lambda x: mg.tensor(np.ones(2)) * 2.0, [numbers(2)]),
        (lambda: mg.tensor(numbers(2), requires_grad=True) * 2.0, []),
        (lambda x: mg.softmax(x).sum(), [numbers(5)]),
    ],
)
def test_nothing_compared_is_false(function: Callable[..., mg.Tensor], inputs: list[Array]) -> None:
    report = mg.gradcheck(function, inputs)
    assert not report
    assert not report.compared
    assert report.reasons


# The report


def test_the_table_is_worst_first_and_short() -> None:
    wrong = primitive(np.sin, lambda g, x: g * np.cos(x) * np.where(np.arange(40) == 7, 1.5, 1 + 1e-5))
    report = mg.gradcheck(wrong, {"x": numbers(40)})
    text = str(report).splitlines()
    header = next(k for k, line in enumerate(text) if line.startswith("input"))
    assert text[header].split()[:4] == ["input", "index", "analytic", "numeric"]
    assert text[header + 1].split()[:2] == ["x", "[7]"]
    assert text[-1] == "… 30 more"
    assert len(text) == header + 12


def test_a_report_looked_at_in_a_shell_is_its_table() -> None:
    report = mg.gradcheck(primitive(np.sin, lambda g, x: -g * np.cos(x)), {"x": numbers(2)})
    assert repr(report) == str(report)
    assert "analytic: ∂J/∂input by backward" in repr(report)
    assert repr(mg.gradcheck(lambda x: mg.tanh(x) + mg.tensor(x.data.sum() * np.nan), [numbers(2)]))


@pytest.mark.parametrize("n", [2, 40])
def test_the_cotangent_that_is_shown_gives_the_analytic_derivatives(n: int) -> None:
    x = mg.tensor(numbers(n), requires_grad=True)
    report = mg.gradcheck(mg.tanh, [x])
    assert report.cotangent is not None
    mg.tanh(x).backward(report.cotangent)
    assert isinstance(x.grad, np.ndarray)
    for row in report.rows:
        assert row.index is not None
        assert row.analytic == x.grad[row.index]
    shown = f"c = {report.cotangent.round(3).tolist()}" if n == 2 else "c = report.cotangent, of shape (40,)"
    assert shown in str(report)
    assert report.as_dict()["cotangent"] == report.cotangent.tolist()


def test_the_report_as_a_dict() -> None:
    report = mg.gradcheck(primitive(np.sin, lambda g, x: -g * np.cos(x)), {"x": numbers(2)})
    found = report.as_dict()
    assert found["passed"] is False
    assert found["compared"] == 2
    assert set(found["rows"][0]) == {
        "input", "index", "direction", "analytic", "numeric", "absolute", "relative", "tolerance",
        "verdict",
    }  # fmt: skip
    assert found["rows"][0]["index"] in ([0], [1])


def test_the_same_seed_gives_the_same_report() -> None:
    one, two, other = (mg.gradcheck(mg.tanh, [numbers(2000)], seed=s) for s in (1, 1, 2))
    assert one.as_dict() == two.as_dict()
    assert one.as_dict() != other.as_dict()
