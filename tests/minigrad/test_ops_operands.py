"""Numbers, arrays, lists and tensors together, as operands and as indices."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg


def leaf(*values: float) -> mg.Tensor:
    return mg.tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 1,
        lambda x: 1.5 - x,
        lambda x: x * np.float64(2),
        lambda x: np.float64(2) / x,
        lambda x: x**2,
        lambda x: 2**x,
        lambda x: mg.maximum(x, 0.5),
        lambda x: mg.where(x > 1.5, x, 0.0),
        lambda x: -x,
    ],
)
def test_numbers_keep_float32(function: Callable[..., mg.Tensor]) -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    out = function(x)
    out.sum().backward()
    assert x.dtype == out.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("function", [lambda: mg.tanh(0.5), lambda: mg.add(0.5, 0.25), lambda: mg.sum(0.5)])
def test_numbers_alone_become_tensors(function: Callable[..., mg.Tensor]) -> None:
    out = function()
    assert out.dtype == np.float32
    assert not out.requires_grad


def test_constant_arrays_meet_float32_as_in_numpy() -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    assert (x * np.array([True, False])).dtype == np.float32
    wide = x * np.array([1, 2])
    wide.sum().backward()
    assert wide.dtype == np.float64
    assert x.grad.dtype == np.float32


def test_the_fused_loss_is_as_wide_as_its_widest_operand() -> None:
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    W, b = np.array([[0.1, 0.2], [-0.3, 0.4]]), np.array([0.5, 0.6])
    loss = mg.linear_cross_entropy(x, W, b, [1])
    loss.backward()
    assert loss.dtype == np.float64
    assert loss.item() == pytest.approx(np.log(1 + np.exp((W @ [1, 2] + b) @ [1, -1])), rel=1e-14)
    assert x.grad.dtype == np.float32


def test_an_array_on_the_left_asks_the_tensor() -> None:
    x = leaf(1.0, 2.0)
    for out in (np.ones(2) * x, np.ones(2) + x, np.ones((2, 2)) @ x, np.ones(2) - x, np.ones(2) / x):
        assert isinstance(out, mg.Tensor)
        assert out.requires_grad


def test_lists_and_tensors_index_as_arrays_do() -> None:
    x = leaf(1.0, 2.0, 3.0)
    np.testing.assert_array_equal(x[[2, 0]].data, [3.0, 1.0])
    np.testing.assert_array_equal(x[mg.tensor([2, 0])].data, [3.0, 1.0])
    np.testing.assert_array_equal(x[[True, False, True]].data, [1.0, 3.0])
    assert x[[]].shape == (0,)
    assert x[1].shape == ()
    assert x[True].shape == (1, 3)
    x[True].sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1, 1])
    assert [float(v) for v in x] == [1.0, 2.0, 3.0]


def test_tensor_copies_what_it_is_given() -> None:
    array = np.ones(2)
    x = mg.tensor(array)
    array[0] = 5
    np.testing.assert_array_equal(x.data, [1, 1])


def test_only_floating_tensors_require_gradients() -> None:
    with pytest.raises(TypeError, match="float32"):
        mg.tensor([1, 2], requires_grad=True)
    with pytest.raises(TypeError, match="numbers"):
        mg.tensor(["a"])


def test_comparisons_are_elementwise_and_tensors_still_hashable() -> None:
    x = leaf(1.0, 2.0, 3.0)
    np.testing.assert_array_equal((x == 2).data, [False, True, False])
    np.testing.assert_array_equal((x != x).data, [False, False, False])
    np.testing.assert_array_equal(mg.where(x == 2, 0.0, x).data, [1, 0, 3])
    assert len({x, x, leaf(1.0, 2.0, 3.0)}) == 2


def test_a_scalar_can_be_formatted_as_a_number() -> None:
    assert f"{mg.tensor(0.5):.3f}" == "0.500"
    assert f"{leaf(1.0)}" == str(leaf(1.0))
    with pytest.raises(mg.ShapeError, match="one element"):
        f"{leaf(1.0, 2.0):.3f}"


@pytest.mark.parametrize(
    "left", [np.array([2.0, 0.5], np.float32), np.float32(2), np.float64(2), np.int64(2)]
)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "lt", "le", "gt", "ge", "eq", "ne"])
def test_an_array_or_a_scalar_of_numpy_may_stand_on_the_left(left: Any, name: str) -> None:
    right = np.array([2.0, 3.0], np.float32)
    x = mg.tensor(right, requires_grad=True)
    found = getattr(operator, name)(left, x)
    assert isinstance(found, mg.Tensor)
    np.testing.assert_allclose(found.data, getattr(operator, name)(left, right), rtol=1e-6)
    assert found.requires_grad == (len(name) > 2)


def test_a_matrix_of_numpy_may_stand_on_the_left() -> None:
    x = mg.tensor([2.0, 3.0], requires_grad=True)
    (np.array([[1, 2], [3, 4]], np.float32) @ x).sum().backward()
    assert np.array_equal(x.grad, [4, 6])  # type: ignore[arg-type]
