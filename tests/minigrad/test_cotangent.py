"""Dense and sparse contributions to one node add up, and never into memory that others hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


READS: dict[str, Callable[[mg.Tensor], mg.Tensor]] = {
    "a number": lambda x: x[0],
    "a negative number": lambda x: x[-1],
    "a slice": lambda x: x[1:],
    "a list": lambda x: x[[2, 0, 2]],
    "rows one by one": lambda x: mg.stack([x[k] for k in range(3)]),
    "a mask": lambda x: x[np.array([True, False, True])],
    "a tuple": lambda x: x[0, :],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("gathered", ["not", "before", "after"])
def test_the_gradient_of_an_indexed_leaf_is_an_array(read: Any, gathered: str) -> None:
    """Only a table that is gathered from, and not read otherwise, has SparseRows."""
    x = leaf()
    reads = [read(x).sum()]
    if gathered != "not":
        reads.insert(gathered == "after", mg.gather(x, [1, 1]).sum())
    for part in reads if gathered == "before" else [sum(reads, start=mg.tensor(0.0))]:
        part.backward()
    assert type(x.grad) is np.ndarray
    expected = np.zeros(W.shape)
    for k in np.ndindex(W.shape):  # by differences: reading is linear
        unit = np.zeros(W.shape)
        unit[k] = 1
        expected[k] = read(mg.tensor(unit)).sum().item()
    expected[1] += 2 * (gathered != "not")
    np.testing.assert_array_equal(x.grad, expected)


def test_numpy_sees_sparse_rows_as_the_whole_array() -> None:
    g = mg.SparseRows(np.array([2, 0, 2]), np.array([[1.0, 2], [3, np.nan], [4, 5]]), 4)
    whole = np.array([[3, np.nan], [0, 0], [5, 7], [0, 0]])
    results = {
        "asarray": (np.asarray(g), whole),
        "dtype": (np.asarray(g, np.float32), whole.astype(np.float32)),
        "+": (g + 1, whole + 1),
        "reflected": (0.5 * g, 0.5 * whole),
        "two": (g - g, whole - whole),
        "-": (-g, -whole),
        "isnan": (np.isnan(g), np.isnan(whole)),
        "index": (g[2, 1], 7.0),
        "rows": ([row.sum() for row in g][2], 12.0),
        "norm": (np.linalg.norm(g[2:]), np.linalg.norm(whole[2:])),
        "sum": (np.add.reduce(g, axis=1), whole.sum(axis=1)),
        "len": (len(g), 4),
    }
    for name, (got, expected) in results.items():
        np.testing.assert_array_equal(got, expected, err_msg=name)
    with pytest.raises(AttributeError, match=r"np\.asarray\(g\)\.sum"):
        _ = g.sum
    with pytest.raises(AttributeError, match="no attribute 'rowz'"):
        _ = g.rowz
    before = np.ones((4, 2))
    before -= g
    np.testing.assert_array_equal(before, 1 - whole)
    with pytest.raises(TypeError, match="in place"):
        np.add(g, 1, out=(g,))


N = 200_000
HIGH = 2.0**24  # where float32 steps by 2: adding 1 changes nothing


def _high(shape: tuple[int, ...]) -> np.ndarray:
    x = np.ones(shape, np.float32)
    x[0] = HIGH
    return x


SUMS: dict[str, Callable[[mg.Tensor], mg.Tensor]] = {
    "over rows": lambda x: mg.sum(x, 0),
    "over rows of vectors": lambda x: mg.sum(mg.reshape(x, N, 2, 1), (0, 2)),
    "mean": lambda x: mg.mean(x, 0) * N,
    "log of exponentials": lambda x: mg.exp(mg.logsumexp(mg.log(x), 0) - np.log(HIGH)) * HIGH,
}


@pytest.mark.parametrize("total", SUMS.values(), ids=SUMS)
def test_float32_sums_over_many_rows_do_not_stand_still(total: Any) -> None:
    np.testing.assert_allclose(total(mg.tensor(_high((N, 2)))).data, HIGH + N - 1, rtol=1e-3)


USES: dict[str, tuple[tuple[int, ...], Callable[[mg.Tensor], mg.Tensor]]] = {
    "a bias": ((2,), lambda b: b + np.zeros((N, 2), np.float32)),
    "a row": ((1, 2), lambda b: b * np.ones((N, 2), np.float32)),
    "a number": ((), lambda b: b * np.ones((N, 2), np.float32)),
    "gathered": ((3, 2), lambda table: mg.gather(table, np.ones(N, int))),
    "indexed by rows": ((3, 2), lambda x: x[np.ones(N, int)]),
    "indexed by pairs": ((3, 2), lambda x: x[np.ones((N, 2), int), np.array([0, 1])]),
    "normed": ((2,), lambda b: mg.broadcast_to(b, (N, 2))),
}


@pytest.mark.parametrize(("shape", "use"), USES.values(), ids=USES)
def test_float32_gradients_of_what_many_rows_use_do_not_stand_still(shape: Any, use: Any) -> None:
    x = mg.tensor(np.ones(shape, np.float32), requires_grad=True)
    use(x).backward(_high((N, 2)))
    expected = (HIGH + N - 1) * (2 if shape == () else 1)
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(np.max(np.asarray(x.grad)), expected, rtol=1e-3)
