"""grad and value_and_grad: JAX's conventions, and no trace in any tensor."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg


def test_the_gradient_is_an_array_of_the_arguments_shape_and_dtype() -> None:
    for dtype in (np.float32, np.float64):
        x = np.array([[1.0, -2.0]], dtype)
        g = mg.grad(lambda x: (x * x).sum())(x)
        assert type(g) is np.ndarray
        np.testing.assert_array_equal(g, 2 * x, strict=True)
    assert mg.grad(mg.exp)(0.0) == 1


def test_the_value_comes_with_it() -> None:
    value, g = mg.value_and_grad(lambda x, scale: (x * scale).sum())(np.array([1.0, 2.0]), 3)
    assert (value.shape, value) == ((), 9)
    np.testing.assert_array_equal(g, [3, 3])


def test_argnums_choose_arguments_and_a_sequence_gives_a_tuple() -> None:
    def f(x: mg.Tensor, n: int, y: mg.Tensor, *, power: float) -> mg.Tensor:
        return (x * n).sum() + (y**power).sum()

    x, y = np.array([1.0, 2.0]), mg.tensor([3.0])
    np.testing.assert_array_equal(mg.grad(f, 2)(x, 5, y, power=2), [6])
    np.testing.assert_array_equal(mg.grad(f, -1)(x, 5, y, power=2), [6])
    found = mg.grad(f, argnums=(2, 0))(x, 5, y, power=2)
    assert isinstance(found, tuple)
    np.testing.assert_array_equal(found[0], [6])
    np.testing.assert_array_equal(found[1], [5, 5])
    assert len(mg.grad(f, [0])(x, 5, y, power=2)) == 1


def test_an_argument_that_is_not_used_has_the_gradient_zero() -> None:
    by_x, by_y = mg.grad(lambda x, y: x.sum(), (0, 1))(np.ones(2), np.ones((1, 2)))
    np.testing.assert_array_equal(by_x, [1, 1])
    np.testing.assert_array_equal(by_y, np.zeros((1, 2)), strict=True)


def test_no_gradient_of_any_other_tensor_changes() -> None:
    w, x = mg.nn.Parameter(np.ones(2), name="w"), mg.tensor(np.ones(2), requires_grad=True)
    (w * 2.0).sum().backward()
    (x * 4.0).sum().backward()
    held = w.grad
    np.testing.assert_array_equal(mg.grad(lambda x: (x * w).sum())(x), [1, 1])
    assert w.grad is held
    np.testing.assert_array_equal(held, [2, 2])
    np.testing.assert_array_equal(x.grad, [4, 4])


def test_a_gathered_table_has_a_dense_gradient() -> None:
    g = mg.grad(lambda table: mg.gather(table, [2, 0, 2]).sum())(np.ones((3, 2)))
    np.testing.assert_array_equal(g, [[1, 1], [0, 0], [2, 2]])


def test_another_gradient_may_be_taken_inside() -> None:
    def f(x: mg.Tensor) -> mg.Tensor:
        slope = mg.grad(lambda y: (y * y).sum())(x)
        return (x * slope).sum()  # the slope is an array, a constant

    np.testing.assert_array_equal(mg.grad(f)(np.array([1.0, 2.0])), [2, 4])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "argument 0 is the int 3"),
        (True, "argument 0 is the bool True"),
        (np.arange(3), "argument 0 is an array of int64"),
        (np.ones(2, np.complex128), "argument 0 is an array of complex128"),
        ([1.0, 2.0], r"argument 0 is a list.*np\.array"),
        ({"w": np.ones(2)}, "argument 0 is a dict"),
    ],
)
def test_arguments_that_are_not_floats_are_refused(value: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        mg.grad(lambda x: mg.sum(x))(value)


def test_what_is_no_scalar_function_of_the_arguments_is_refused() -> None:
    x, w = np.ones(2), mg.tensor(np.ones(2), requires_grad=True)
    with pytest.raises(mg.ShapeError, match=r"shape \(2,\).*mg\.jacobian"):
        mg.grad(lambda x: x * 2.0)(x)
    with pytest.raises(mg.ShapeError, match=r"shape \(1,\)"):
        mg.grad(lambda x: x[:1])(x)
    with pytest.raises(TypeError, match="returned a float"):
        mg.grad(lambda x: x.sum().item())(x)
    with pytest.raises(mg.GraphError, match="does not depend on the arguments"):
        mg.grad(lambda x: mg.tensor(x.data).sum())(x)
    with pytest.raises(mg.GraphError, match="none of the arguments"):
        mg.grad(lambda x: w.sum())(x)
    with pytest.raises(TypeError, match="no positional argument 1 among 1"):
        mg.grad(lambda x: x.sum(), 1)(x)
    with pytest.raises(TypeError, match="takes a function"):
        mg.grad(x)  # type: ignore[arg-type]
