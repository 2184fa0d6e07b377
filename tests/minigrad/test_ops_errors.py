"""What ops refuse, and that the message says what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg


def ones(*shape: int, name: str | None = None) -> mg.Tensor:
    return mg.tensor(np.ones(shape), requires_grad=True, name=name)


def head(labels: Any, rows: Any = None, divisor: int | None = None) -> mg.Tensor:
    return mg.linear_cross_entropy(ones(2, 3), ones(4, 3), ones(4), labels, rows, divisor)


def message(error: type[Exception], call: Callable[[], Any]) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_shape_error_names_op_operands_shapes_and_rule() -> None:
    text = message(mg.ShapeError, lambda: ones(2, 3, name="W1") @ ones(4, name="x"))
    for part in ("matmul", "W1 (2, 3)", "x (4,)", "the rule is (…, n, k) @ (…, k, m)"):
        assert part in text


def test_operands_without_a_name_are_counted() -> None:
    text = message(mg.ShapeError, lambda: ones(2) + np.ones(3))
    assert "operand 1 (2,), operand 2 (3,)" in text


def test_shape_error_says_where() -> None:
    def call() -> None:
        with mg.scope("node 17 of 'not bad'"):
            ones(2) * ones(3)

    assert "mul in node 17 of 'not bad'" in message(mg.ShapeError, call)
    assert "node 17" not in message(mg.ShapeError, lambda: ones(2) * ones(3))


@pytest.mark.parametrize(
    ("op", "call"),
    [
        ("sum", lambda: ones(2).sum(axis=1)),
        ("mean", lambda: ones(0).mean()),
        ("max", lambda: ones(2, 0).max(axis=1)),
        ("logsumexp", lambda: mg.logsumexp(ones(0, 2), axis=0)),
        ("reshape", lambda: ones(2, 3).reshape(4)),
        ("min", lambda: ones(2, 0).min(axis=1)),
        ("transpose", lambda: ones(2, 3).transpose((0, 0))),
        ("transpose", lambda: ones(2, 3).transpose(1, 2)),
        ("concat", lambda: mg.concat([ones(2, 3), ones(2, 4)])),
        ("concat", lambda: mg.concat([])),
        ("stack", lambda: mg.stack([ones(2), ones(3)])),
        ("stack", lambda: mg.stack([])),
        ("split", lambda: mg.split(ones(5), 2)),
        ("split", lambda: mg.split(ones(5), [2, 2])),
        ("split", lambda: mg.split(ones(5), 5, axis=1)),
        ("softmax", lambda: mg.softmax(ones(3, 0))),
        ("softmax", lambda: mg.softmax(mg.tensor(1.0))),
        ("softmax", lambda: mg.softmax(ones(2), axis=1)),
        ("log_softmax", lambda: mg.log_softmax(ones(0, 3), axis=0)),
        ("gather", lambda: mg.gather(ones(3), [0])),
        ("gather", lambda: mg.gather(ones(3, 2), [[0]])),
        ("cross_entropy", lambda: mg.cross_entropy(ones(2, 3), [0])),
        ("cross_entropy", lambda: mg.cross_entropy(ones(3), [0])),
        ("linear_cross_entropy", lambda: mg.linear_cross_entropy(ones(2, 3), ones(4, 2), ones(4), [0, 0])),
        ("linear_cross_entropy", lambda: mg.linear_cross_entropy(ones(2, 3), ones(4, 3), ones(3), [0, 0])),
        ("linear_cross_entropy", lambda: mg.linear_cross_entropy(ones(2, 3), ones(4, 3), ones(4, 1), [0, 0])),
        ("linear_cross_entropy", lambda: mg.linear_cross_entropy(ones(2, 3), ones(4, 3), ones(4), [0])),
        ("linear_cross_entropy", lambda: mg.linear_cross_entropy(ones(2), ones(4, 3), ones(4), [0, 0])),
        ("linear_cross_entropy", lambda: head(labels=[[0]], rows=[[0]])),
        ("where", lambda: mg.where(np.ones(2, bool), ones(3), 0.0)),
    ],
)
def test_shapes_that_do_not_fit(op: str, call: Callable[[], Any]) -> None:
    assert message(mg.ShapeError, call).startswith(op)


def test_a_shape_error_says_what_was_asked_for() -> None:
    assert "(2, 3) with shape=(4, 4) do not fit" in message(mg.ShapeError, lambda: ones(2, 3).reshape(4, 4))
    assert "with axis=5 do not fit" in message(mg.ShapeError, lambda: ones(2).sum(axis=5))


@mg.primitive()
def _root(x: np.ndarray) -> np.ndarray:
    """√x

    shapes: any
    vjp: g / 2√x
    """
    if (x < 0).any():
        raise ValueError("the root of a negative number")
    return np.sqrt(x)


def test_an_error_about_values_is_not_blamed_on_the_shapes() -> None:
    for error, call in (
        ("Integers to negative integer powers", lambda: mg.tensor([2]) ** -1),
        ("the root of a negative number", lambda: _root(np.array([-1.0]))),
    ):
        with pytest.raises(ValueError, match=error) as caught:
            call()
        assert not isinstance(caught.value, mg.ShapeError)


@pytest.mark.parametrize("data", [[[1.0], [1.0, 2.0]], [1, [2]]])
@pytest.mark.parametrize("dtype", [None, np.float64])
def test_lists_of_unequal_length_are_refused(data: Any, dtype: Any) -> None:
    text = message(mg.ShapeError, lambda: mg.tensor(data, dtype=dtype))
    assert "nested lists of unequal length" in text
    assert str(data) in text


@pytest.mark.parametrize(("label", "row"), [(3, 1), (-1, 1)])
def test_a_label_out_of_range_is_named_with_its_row(label: int, row: int) -> None:
    text = message(ValueError, lambda: mg.cross_entropy(ones(2, 3, name="scores"), [0, label]))
    assert f"label {label} of row {row}" in text
    assert "0..2" in text
    assert "scores" in text


@pytest.mark.parametrize("number", [5, -1])
def test_a_row_out_of_range_is_named_with_its_place(number: int) -> None:
    text = message(IndexError, lambda: mg.gather(ones(5, 2, name="L"), [0, 4, number]))
    assert f"row number {number} at position 2 lies outside 0..4" in text
    assert "L" in text
    text = message(IndexError, lambda: mg.gather(ones(5, 2), [[0, 4, number]]))
    assert f"row number {number} at position 2" in text


@pytest.mark.parametrize(
    "call", [lambda k: mg.gather(ones(5, 2), k), lambda k: mg.cross_entropy(ones(2, 2), k)]
)
def test_indices_are_integers(call: Callable[[Any], Any]) -> None:
    assert "integers, not float64" in message(TypeError, lambda: call([0.0, 1.0]))


def test_rows_and_labels_of_the_fused_loss_are_checked() -> None:
    assert "row number 2 at position 1 lies outside 0..1" in message(IndexError, lambda: head([0, 0], [1, 2]))
    assert "label -1 at position 0 lies outside 0..3" in message(ValueError, lambda: head([-1, 4]))
    assert "integers, not float64" in message(TypeError, lambda: head([0.0, 1.0]))
    for divisor in (0, -1):
        assert f"not by {divisor}" in message(ValueError, lambda d=divisor: head([0, 0], divisor=d))
    assert "not by 0" in message(ValueError, lambda: head([], []))


def test_unknown_reduction() -> None:
    assert "'mean', 'sum' or 'none'" in message(ValueError, lambda: mg.cross_entropy(ones(1, 2), [0], "max"))


def test_the_mean_loss_of_no_rows_is_refused() -> None:
    message(mg.ShapeError, lambda: mg.cross_entropy(ones(0, 2), []))


@pytest.mark.parametrize("rng", [None, 0, np.random])
def test_dropout_needs_a_generator(rng: Any) -> None:
    assert "default_rng" in message(TypeError, lambda: mg.dropout(ones(2), 0.5, rng))


@pytest.mark.parametrize("p", [1, -0.1, 1.5, float("nan")])
def test_dropout_needs_a_probability(p: float) -> None:
    assert "[0, 1)" in message(ValueError, lambda: mg.dropout(ones(2), p, np.random.default_rng(0)))


def test_dropout_with_probability_0_draws_nothing() -> None:
    rng = np.random.default_rng(0)
    x = ones(3)
    assert mg.dropout(x, 0, rng) is x
    assert rng.random() == np.random.default_rng(0).random()


def test_an_index_out_of_range_is_an_index_error() -> None:
    message(IndexError, lambda: ones(2)[2])


@pytest.mark.parametrize("operand", ["a", [1.0, 2.0], None, {}])
def test_operands_that_are_no_numbers(operand: Any) -> None:
    assert "mg.tensor" in message(TypeError, lambda: ones(2) + operand)


def test_an_unknown_attribute_is_an_error_with_a_hint() -> None:
    assert "did you mean 'sum'" in message(AttributeError, lambda: ones(2).summ())
    assert "it is a function: mg.tanh" in message(AttributeError, lambda: ones(2).tanh())
    assert not hasattr(ones(2), "data_")


def test_item_needs_one_element() -> None:
    assert "(2,)" in message(mg.ShapeError, lambda: ones(2).item())
    assert ones(1, 1).item() == 1.0


def test_a_number_can_be_made_of_one_element() -> None:
    assert int(mg.tensor(2.7)) == 2
    assert float(ones(1)) == 1.0
    assert "(2,)" in message(mg.ShapeError, lambda: int(ones(2)))


def test_plus_in_front_changes_nothing() -> None:
    x = ones(2)
    assert +x is x


def test_a_primitive_without_its_formula_can_not_be_defined() -> None:
    def undocumented(x: np.ndarray) -> np.ndarray:
        return x

    assert "shapes" in message(TypeError, lambda: mg.primitive()(undocumented))


def test_nan_in_the_branch_not_chosen_does_not_poison_the_gradient() -> None:
    x = mg.tensor(np.array([0.0, 4.0]), requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        mg.where(x.data > 0, mg.tensor(np.array([1.0, 1.0])) * mg.maximum(x, 1.0), x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


@pytest.mark.parametrize("op", [mg.maximum, mg.minimum])
def test_ties_share_the_gradient(op: Callable[..., mg.Tensor]) -> None:
    x, y = ones(2), ones(2)
    op(x, y).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.5, 0.5])
    np.testing.assert_array_equal(y.grad, [0.5, 0.5])


@pytest.mark.parametrize(("op", "sign"), [(mg.max, 1), (mg.min, -1)])
def test_tied_extrema_share_the_gradient(op: Callable[..., mg.Tensor], sign: int) -> None:
    x = mg.tensor(sign * np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]]), requires_grad=True)
    op(x, axis=1).sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0.5, 0.5], [1, 0, 0]])


def test_powers_at_zero_have_finite_derivatives() -> None:
    x = mg.tensor(np.array([0.0, 0.0, 2.0]), requires_grad=True)
    y = mg.tensor(np.array([0.0, 3.0, 1.0]), requires_grad=True)
    (x**y).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0, 1])
    np.testing.assert_allclose(y.grad, [0, 0, 2 * np.log(2)])


def test_logsumexp_does_not_overflow_and_keeps_infinities() -> None:
    assert mg.logsumexp(mg.tensor(np.array([1000.0, 1000.0]))).item() == pytest.approx(1000 + np.log(2))
    assert mg.logsumexp(mg.tensor(np.array([-np.inf, -np.inf]))).item() == -np.inf
    assert mg.logsumexp(mg.tensor(np.array([np.inf, 0.0]))).item() == np.inf
    assert np.isnan(mg.logsumexp(mg.tensor(np.array([np.nan, 0.0]))).item())


def test_logarithm_and_root_outside_their_domain_are_quiet() -> None:
    x = mg.tensor(np.array([-1.0, 0.0]))
    np.testing.assert_array_equal(mg.log(x).data, [np.nan, -np.inf])
    np.testing.assert_array_equal(mg.sqrt(x).data, [np.nan, 0])
