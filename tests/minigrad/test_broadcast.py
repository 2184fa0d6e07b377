"""What broadcasting repeats, backward sums: for any shapes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import BroadcastableShapes, mutually_broadcastable_shapes

import minigrad as mg
from minigrad.ops.broadcast import sum_to

property_test = settings(derandomize=True, deadline=None, max_examples=75)
pairs = mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=4, max_dims=4)


def numbers(shape: tuple[int, ...], seed: int, dtype: type = np.float64) -> np.ndarray:
    # Small integers: every sum of them is exact, in any order.
    return np.random.default_rng(seed).integers(1, 5, shape).astype(dtype)


def summed(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum g over what broadcasting to g.shape repeated, element by element."""
    out = np.zeros(shape)
    place = np.broadcast_to(np.arange(out.size).reshape(shape), g.shape)
    np.add.at(out.reshape(-1), place, g)
    return out


@given(pairs, st.sampled_from([np.float32, np.float64]))
@property_test
def test_gradients_of_add_and_mul(shapes: BroadcastableShapes, dtype: type) -> None:
    (a, b), result = shapes.input_shapes, shapes.result_shape
    x, y = (mg.tensor(numbers(s, k, dtype), requires_grad=True) for k, s in enumerate((a, b)))
    g = numbers(result, 2, dtype)
    (x + y).backward(g)
    (x * y).backward(g)
    for t, other in ((x, y.data), (y, x.data)):
        np.testing.assert_array_equal(t.grad, summed(g * (1 + other), t.shape))
        assert t.grad.dtype == dtype
        assert type(t.grad) is np.ndarray


@given(pairs)
@property_test
def test_gradients_of_where_and_sub(shapes: BroadcastableShapes) -> None:
    (a, b), result = shapes.input_shapes, shapes.result_shape
    x, y = (mg.tensor(numbers(s, k), requires_grad=True) for k, s in enumerate((a, b)))
    g = numbers(result, 2)
    condition = numbers(result, 3) > 2
    mg.where(condition, x, y).backward(g)
    (x - y).backward(g)
    np.testing.assert_array_equal(x.grad, summed(g * condition + g, a))
    np.testing.assert_array_equal(y.grad, summed(g * ~condition - g, b))


@given(mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=2), st.integers(0, 3))
@property_test
def test_gradients_of_stacks_of_products(shapes: BroadcastableShapes, k: int) -> None:
    a, b = ((*shapes.input_shapes[0], 2, k), (*shapes.input_shapes[1], k, 3))
    x, y = (mg.tensor(numbers(s, n), requires_grad=True) for n, s in enumerate((a, b)))
    out = x @ y
    g = numbers(out.shape, 2)
    out.backward(g)
    np.testing.assert_array_equal(x.grad, summed(g @ y.data.swapaxes(-1, -2), a), strict=True)
    np.testing.assert_array_equal(y.grad, summed(x.data.swapaxes(-1, -2) @ g, b), strict=True)


@given(mutually_broadcastable_shapes(num_shapes=1, min_side=0, max_side=4, max_dims=4))
@property_test
def test_sum_to_the_same_shape_is_the_array_itself(shapes: BroadcastableShapes) -> None:
    g = numbers(shapes.result_shape, 0)
    assert sum_to(g, g.shape) is g


def test_a_bias_used_in_many_rows_gets_the_sum_over_them() -> None:
    b = mg.tensor(np.zeros(3), requires_grad=True)
    (mg.tensor(np.ones((5, 3))) + b).sum().backward()
    np.testing.assert_array_equal(b.grad, [5, 5, 5])
