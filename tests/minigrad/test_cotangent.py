"""Dense and sparse contributions to one node add up, and never into memory that others hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg

W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
TEN = np.array([[0, 0], [10, 10], [0, 0]])  # in row 1


def leaf() -> mg.Tensor:
    return mg.tensor(np.ones((3, 2)), requires_grad=True)


def test_rows_are_not_added_into_a_cotangent_that_another_operand_holds() -> None:
    x, z = leaf(), leaf()
    row = x[1]  # older than the sum, so its contribution comes second
    total = x + z  # hands one array to both
    ((total * W).sum() + 10 * row.sum()).backward()
    np.testing.assert_array_equal(z.grad, W)
    np.testing.assert_array_equal(x.grad, W + TEN)


@pytest.mark.parametrize(
    "reads",
    [
        lambda x: (x[1] * 10).sum() + (x * W).sum(),
        lambda x: (x * W).sum() + (x[1] * 10).sum(),
        lambda x: (x[1] * 4).sum() + (x * W).sum() + (x[[1, 1]] * 3).sum(),
        lambda x: (x * W).sum() + (x[1:2] * 4).sum() + (x[[1, 1]] * 3).sum(),
    ],
)
def test_dense_and_sparse_contributions_add_up_in_any_order(reads: Callable[[mg.Tensor], mg.Tensor]) -> None:
    x = leaf()
    reads(x).backward()
    np.testing.assert_array_equal(x.grad, W + TEN)


def test_sparse_gradients_add_up_over_backward_calls() -> None:
    x = leaf()
    for _ in range(2):
        mg.gather(x, [2, 0, 2]).sum().backward()
    assert isinstance(x.grad, mg.SparseRows)
    assert repr(x.grad) == "SparseRows(6 of 3 rows, shape (3, 2), float64)"
    np.testing.assert_array_equal(x.grad.dense(), [[2, 2], [0, 0], [4, 4]])
    np.testing.assert_array_equal(x.grad.summed().rows, [2, 0])
    (x * W).sum().backward()
    np.testing.assert_array_equal(x.grad, W + np.array([[2, 2], [0, 0], [4, 4]]))


def test_rows_are_summed_once_each_in_the_order_of_their_first_appearance() -> None:
    values = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0], [1000.0, 2000.0]])
    g = mg.SparseRows(np.array([7, 2, 7, 0]), values, 9)
    total = g.summed()
    np.testing.assert_array_equal(total.rows, [7, 2, 0])
    np.testing.assert_array_equal(total.values, [[101, 202], [10, 20], [1000, 2000]])
    np.testing.assert_array_equal(g.values, values)  # the summands are left as they are
    again = total.summed()
    np.testing.assert_array_equal(again.rows, total.rows)
    np.testing.assert_array_equal(again.values, total.values)


def test_a_fresh_vjp_is_not_copied_and_still_adds_up() -> None:
    handed: list[np.ndarray] = []

    @mg.primitive(fresh=True)
    def double(x: np.ndarray) -> np.ndarray:
        """2 x

        shapes: any
        vjp: 2 g
        """
        return 2 * x

    def vjp(g: np.ndarray) -> np.ndarray:
        handed.append(2 * g)
        return handed[-1]

    double.defvjp(lambda ans, x: vjp)
    x = leaf()
    double(x).sum().backward()
    assert x.grad is handed[0]
    before = x.grad.copy()
    (double(x) + double(x)).sum().backward()
    np.testing.assert_array_equal(x.grad, 3 * before)
