"""The graph: order, accumulation, what is refused, memory."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.cotangent import as_dense


def leaf(*values: float, name: str | None = None) -> mg.Tensor:
    return mg.tensor(np.array(values), requires_grad=True, name=name)


def grad(x: mg.Tensor) -> np.ndarray:
    return as_dense(x.grad)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# Order and accumulation


def test_a_value_is_visited_after_all_its_consumers() -> None:
    a = leaf(3.0)
    b = a + a
    c = b + b
    c.backward()
    np.testing.assert_array_equal(a.grad, [4.0])


def test_a_diamond_whose_arms_have_different_lengths() -> None:
    x = leaf(0.5, -1.0)
    short = x * 2.0
    long = mg.tanh(mg.exp(short) + x)
    (long * short).sum().backward()
    mg.assert_gradients(lambda x: mg.tanh(mg.exp(x * 2.0) + x) * (x * 2.0), [x.data])
    y = np.tanh(np.exp(2 * x.data) + x.data)
    expected = 2 * y + 2 * x.data * (1 - y**2) * (2 * np.exp(2 * x.data) + 1)
    np.testing.assert_allclose(x.grad, expected)


def test_an_operand_used_twice_by_one_op_gets_both_parts() -> None:
    x = leaf(3.0)
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [6.0])


def test_backward_adds_to_the_gradient_until_it_is_zeroed() -> None:
    x = leaf(2.0)
    (x * 3.0).backward()
    (x * 3.0).backward()
    np.testing.assert_array_equal(x.grad, [6.0])
    x.zero_grad()
    assert x.grad is None


def test_what_the_result_does_not_depend_on_keeps_none() -> None:
    x, unused = leaf(1.0), leaf(1.0)
    x.sum().backward()
    assert unused.grad is None


def test_an_operand_without_a_derivative_stops_the_flow() -> None:
    x = leaf(1.0, -1.0)
    mg.where(x * 2.0, x * 3.0, 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


@pytest.mark.parametrize("make", [lambda x, y: x + y, lambda x, y: mg.where(True, x, y) + y])
def test_gradients_of_leaves_never_share_memory(make: Callable[..., mg.Tensor]) -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    cotangent = np.array([1.0, 1.0])
    make(x, y).backward(cotangent)
    assert not np.shares_memory(x.grad, y.grad)
    assert not np.shares_memory(x.grad, cotangent)
    x.grad[...] = 7
    assert not (y.grad == 7).any()


def test_operands_that_were_handed_one_array_do_not_add_to_each_other() -> None:
    x, y = leaf(1.0), leaf(1.0)
    product = x * 2.0
    total = x + y  # is visited first, and hands its cotangent to both x and y
    (product + total).backward()
    np.testing.assert_array_equal(x.grad, [3.0])
    np.testing.assert_array_equal(y.grad, [1.0])


def test_the_gradient_of_a_sum_can_be_written_to() -> None:
    # The cotangent of a sum is a broadcast view with strides of 0.
    x = leaf(1.0, 2.0)
    x.sum().backward()
    x.grad += 1
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_dense_and_sparse_contributions_meet_in_either_order() -> None:
    for first in (True, False):
        table = mg.tensor(np.ones((3, 2)), requires_grad=True)
        parts = [mg.gather(table, [1, 1]).sum(), (table * 2.0).sum()]
        (parts[first] + parts[not first]).backward()
        np.testing.assert_array_equal(grad(table), [[2, 2], [4, 4], [2, 2]])


def test_a_gathered_table_has_a_sparse_gradient_that_adds_up_over_passes() -> None:
    table = mg.tensor(np.ones((1000, 2)), requires_grad=True)
    for rows in ([5, 7, 5], [7]):
        mg.gather(table, rows).sum().backward()
    assert isinstance(table.grad, mg.SparseRows)
    summed = table.grad.summed()
    np.testing.assert_array_equal(summed.rows, [5, 7])
    np.testing.assert_array_equal(summed.values, [[2, 2], [2, 2]])


@pytest.mark.parametrize(
    "function", [lambda x: mg.tanh(x) * mg.tanh(x), lambda x: x + x, lambda x: x[()] * 2.0]
)
def test_gradients_of_arrays_without_axes_are_arrays(function: Callable[..., mg.Tensor]) -> None:
    # NumPy's arithmetic turns such arrays into scalars, which kernels can't take.
    x = leaf(0.5).reshape(()).detach()
    x = mg.tensor(x.data, requires_grad=True)
    for _ in range(2):
        function(x).backward()
        assert type(x.grad) is np.ndarray
    mg.assert_gradients(function, [x])


def test_retained_gradient_of_a_computed_tensor_is_a_copy() -> None:
    x = leaf(1.0, 2.0)
    y = (x * 2.0).retain_grad()
    z = (y + y).retain_grad()
    z.backward(np.array([1.0, 3.0]))
    np.testing.assert_array_equal(y.grad, [2.0, 6.0])
    np.testing.assert_array_equal(z.grad, [1.0, 3.0])
    y.grad[...] = 0
    np.testing.assert_array_equal(x.grad, [4.0, 12.0])


# What must be refused


def test_second_backward_says_how_to_keep_the_graph() -> None:
    loss = (leaf(1.0) * 2.0).sum()
    loss.backward()
    with pytest.raises(mg.GraphError, match="retain_graph=True"):
        loss.backward()


def test_second_backward_through_a_shared_part_is_refused() -> None:
    shared = mg.exp(leaf(1.0))
    (shared * 2.0).backward()
    with pytest.raises(mg.GraphError, match="freed"):
        (shared * 3.0).backward()


def test_retain_graph_gives_the_same_gradient_again() -> None:
    x = leaf(0.5)
    loss = mg.exp(mg.tanh(x))
    loss.backward(retain_graph=True)
    once = x.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)


def test_backward_of_several_elements_needs_a_cotangent_of_their_shape() -> None:
    y = leaf(1.0, 2.0) * 2.0
    with pytest.raises(mg.ShapeError, match="cotangent"):
        y.backward()
    with pytest.raises(mg.ShapeError, match="cotangent"):
        y.backward(np.ones(3))


def test_backward_without_anything_that_requires_a_gradient() -> None:
    with pytest.raises(mg.GraphError, match="requires_grad=True"):
        mg.tensor([1.0]).sum().backward()


def test_second_derivatives_are_refused() -> None:
    with pytest.raises(mg.GraphError, match="first derivatives only"):
        leaf(1.0).sum().backward(create_graph=True)


def test_a_vjp_that_returns_a_wrong_shape_is_named() -> None:
    @mg.primitive()
    def plus_one_row(x: np.ndarray) -> Any:
        """x in two rows

        shapes: any
        vjp: g
        """
        return np.stack([x, x])

    plus_one_row.defvjp(lambda ans, x: lambda g: g)
    with pytest.raises(mg.ShapeError, match="un-broadcast"):
        plus_one_row(leaf(1.0)).sum().backward()


# Not recording


def test_nothing_is_recorded_under_no_grad_even_after_an_error_in_it() -> None:
    x = leaf(1.0)
    with mg.no_grad():
        assert not (x * 2.0).requires_grad
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        raise ZeroDivisionError
    assert (x * 2.0).requires_grad


def test_detach_cuts_the_graph_and_shares_the_values() -> None:
    x = leaf(2.0)
    y = x.detach()
    (x * y).backward()
    np.testing.assert_array_equal(x.grad, [2.0])
    assert np.shares_memory(x.data, y.data)


# Memory and depth


@pytest.mark.usefixtures("no_collector")
def test_a_graph_dies_with_its_last_tensor() -> None:
    x = leaf(1.0, 2.0)
    y = mg.tanh(x)
    array = weakref.ref(y.data)
    z = (y * y + x).sum()
    del y
    assert array() is not None
    del z
    assert array() is None


@pytest.mark.usefixtures("no_collector")
def test_backward_frees_saved_arrays_while_the_result_lives() -> None:
    x = leaf(1.0, 2.0)
    y = mg.tanh(x)
    array = weakref.ref(y.data)
    loss = (y * y).sum()
    del y
    loss.backward()
    assert array() is None


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("walked", [True, False])
def test_memory_returns_to_where_it_was(walked: bool) -> None:
    x = mg.tensor(np.ones((100, 100)), requires_grad=True)

    def use() -> None:
        loss = mg.softmax(mg.tanh(x @ x.T) * x + x).sum()
        if walked:
            loss.backward()
        x.zero_grad()

    use()
    tracemalloc.start()
    try:
        use()
        before = tracemalloc.get_traced_memory()[0]
        use()
        assert tracemalloc.get_traced_memory()[0] - before < 4000  # one array of the graph is 80,000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("no_collector")
def test_a_chain_of_200_000_ops_needs_no_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(200_000):
        y = y + 1.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])
    del y


@pytest.mark.usefixtures("no_collector")
def test_a_long_chain_can_be_dropped_without_a_backward() -> None:
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y
