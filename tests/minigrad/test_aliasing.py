"""What is returned or kept shares no memory with what a caller holds: one is changed, the other read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.cotangent import SparseRows, as_dense

W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def leaf() -> mg.Tensor:
    return mg.tensor(W, requires_grad=True, name="x")


def dense(g: Any) -> np.ndarray:
    return np.array(as_dense(g))


def test_a_copy_of_sparse_rows_has_rows_and_values_of_its_own() -> None:
    g = SparseRows(np.array([0, 2, 0]), W.copy(), 4)
    copied = g.copy()
    before = dense(copied)
    g.rows[:] = 1
    g.values[:] = 9
    np.testing.assert_array_equal(dense(copied), before)


@pytest.mark.parametrize(
    "use", [SparseRows.summed, SparseRows.dense, SparseRows.copy, lambda g: g.astype(np.float32)]
)
def test_sparse_rows_stay_when_they_are_summed_or_converted(use: Callable[[SparseRows], Any]) -> None:
    rows, values = np.array([3, 2, 3, 0]), np.arange(8.0).reshape(4, 2)
    g = SparseRows(rows.copy(), values.copy(), 5)
    before = dense(g)
    result = use(g)
    np.testing.assert_array_equal(g.rows, rows)
    np.testing.assert_array_equal(g.values, values)
    np.testing.assert_array_equal(dense(result), before)


READS: dict[str, Callable[[mg.Tensor], mg.Tensor]] = {
    "dense": lambda x: (x * W).sum(),
    "handed on": lambda x: (x + x).sum(),
    "rows": lambda x: mg.gather(x, [2, 0, 2]).sum(),
    "both": lambda x: mg.gather(x, [1]).sum() + (x * x).sum(),
}


@pytest.mark.parametrize("first", READS)
@pytest.mark.parametrize("second", READS)
def test_a_gradient_that_is_held_stays_when_another_is_added(first: str, second: str) -> None:
    x = leaf()
    READS[first](x).backward()
    held, before = x.grad, dense(x.grad)
    READS[second](x).backward()
    np.testing.assert_array_equal(dense(held), before)
    alone = leaf()
    READS[second](alone).backward()
    np.testing.assert_array_equal(dense(x.grad), before + dense(alone.grad))


@pytest.mark.parametrize("first", READS)
def test_a_gradient_that_is_held_outlives_the_optimisers_zero_and_step(first: str) -> None:
    x, y = nn.Parameter(W), nn.Parameter(W + 1)
    optimizer = optim.SGD([x, y], lr=0.1)
    for p in (x, y):
        READS[first](p).backward()
    held, before = [p.grad for p in (x, y)], [dense(p.grad) for p in (x, y)]
    optimizer.step()
    optimizer.zero_grad()
    for p in (x, y):
        (10 * READS["dense"](p)).backward()
    optimizer.step()
    for g, then in zip(held, before, strict=True):
        np.testing.assert_array_equal(dense(g), then)


@pytest.mark.parametrize(
    "read", [lambda x: x * 1.0, lambda x: x, lambda x: x + x, lambda x: x[:], lambda x: x.T.T]
)
def test_the_cotangent_that_backward_is_given_is_neither_changed_nor_kept(
    read: Callable[[mg.Tensor], mg.Tensor],
) -> None:
    x, g = leaf(), W.copy()
    y = read(x)
    y.backward(g)
    np.testing.assert_array_equal(g, W)
    then = dense(x.grad)
    g[:] = 7
    np.testing.assert_array_equal(dense(x.grad), then)


@pytest.mark.parametrize("make", [mg.tensor, nn.Parameter, lambda a: mg.tensor(a, requires_grad=True)])
def test_a_tensor_does_not_hold_the_array_that_it_was_made_from(make: Callable[[Any], mg.Tensor]) -> None:
    given = W.copy()
    x = make(given)
    given[:] = 7
    np.testing.assert_array_equal(x.data, W)
    np.asarray(given)[:] = x.data
    with mg.no_grad():
        x.copy_(2 * W)
    np.testing.assert_array_equal(given, W)


def test_np_array_of_a_tensor_is_a_copy() -> None:
    x = mg.tensor(W)
    np.array(x)[:] = 7
    np.testing.assert_array_equal(x.data, W)


INDICES: dict[str, Callable[[Any], Any]] = {
    "array": np.array,
    "tensor": mg.tensor,
    "list": list,
}


@pytest.mark.parametrize("kind", INDICES)
@pytest.mark.parametrize(
    "read",
    [
        lambda x, i: x[i],
        lambda x, i: x[i, 1],
        lambda x, i: x[1, i],
        mg.gather,
        lambda x, i: x[np.array([0, 1, 2]), i],
        lambda x, i: mg.cross_entropy(x, i),
        lambda x, i: mg.linear_cross_entropy(x, W, np.zeros(3), i),
        lambda x, i: mg.linear_cross_entropy(x, W, np.zeros(3), [0, 1, 2], i),
    ],
    ids=[
        "[i]",
        "[i, 1]",
        "[1, i]",
        "gather",
        "[j, i]",
        "cross_entropy",
        "labels of a head",
        "rows of a head",
    ],
)
def test_an_index_may_be_changed_before_backward(kind: str, read: Callable[[Any, Any], mg.Tensor]) -> None:
    gradients = []
    for changed in (False, True):
        x, index = leaf(), INDICES[kind]([0, 1, 1])
        y = read(x, index)
        if changed:
            held = index.data if isinstance(index, mg.Tensor) else index
            held[0], held[1], held[2] = 1, 0, 0
        y.sum().backward()
        gradients.append(dense(x.grad))
    np.testing.assert_array_equal(*gradients)


def test_a_mask_may_be_changed_before_backward() -> None:
    for mask in (np.array([True, False, True]), np.array([[True, False], [False, True], [False, False]])):
        x = leaf()
        y = x[mask]
        expected = np.where(mask.reshape(3, -1), 1.0, 0.0) * np.ones(W.shape)
        mask[...] = True
        y.sum().backward()
        np.testing.assert_array_equal(dense(x.grad), expected)


@pytest.mark.parametrize("index", [0, slice(0, 2), (slice(None), 1), ..., [0, 1]], ids=str)
def test_what_was_read_stays_when_the_tensor_is_changed_in_place(index: Any) -> None:
    x = leaf()
    y = x[index]
    with mg.no_grad():
        x.copy_(np.zeros_like(W))
    np.testing.assert_array_equal(y.data, W[index])


def test_state_dicts_are_copies_both_ways() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.V, self.b = nn.Parameter(W), nn.Parameter(np.zeros(2))

    model = Model()
    optimizer = optim.Adam(model.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad()
        (model.V * W + model.b).sum().backward()
        optimizer.step()

    step()
    for owner in (model, optimizer):
        state = owner.state_dict()
        then = {name: np.array(values) for name, values in state.items()}
        step()
        assert any(not np.array_equal(then[name], values) for name, values in owner.state_dict().items())
        for name, values in state.items():
            np.testing.assert_array_equal(values, then[name])
        given = {name: np.array(values) for name, values in then.items()}
        owner.load_state_dict(given)
        for values in given.values():
            values[...] = 0
        for name, values in owner.state_dict().items():
            np.testing.assert_array_equal(values, then[name])


def test_a_kept_value_and_a_retained_gradient_stay() -> None:
    x = leaf()
    with mg.record_values():
        y = (x * 2.0).retain_grad()
        z = (y + y).sum()
    z.backward()
    held = y.grad
    assert held is not None
    held[:] = 7
    np.testing.assert_array_equal(x.grad, np.full_like(W, 4))
    with mg.no_grad():
        x.copy_(np.zeros_like(W))
    y.data[:] = 9
    assert x.node is not None
    assert y.node is not None
    np.testing.assert_array_equal(x.node.meta.value, W)
    np.testing.assert_array_equal(y.node.meta.value, 2 * W)


def test_retained_gradients_share_nothing() -> None:
    x = leaf()
    y = (x * 2.0).retain_grad()
    z = (y + 1.0).retain_grad()  # hands its cotangent on as it is
    z.backward(W)
    assert y.grad is not None
    y.grad[...] = 7
    np.testing.assert_array_equal(z.grad, W)
    np.testing.assert_array_equal(x.grad, 2 * W)


@pytest.mark.parametrize(
    "read", [lambda x: mg.gather(x, [2, 0, 2]), lambda x: x[1:], lambda x: x * 1.0, lambda x: x + 1.0]
)
def test_steps_of_backward_keep_what_they_showed(read: Callable[[mg.Tensor], mg.Tensor]) -> None:
    x = leaf()
    steps, shown = [], []
    for step in mg.step_through((read(x) * 1.0).sum() + (read(x) * 2.0).sum() + (read(x) * 3.0).sum()):
        steps.append(step)
        shown.append([dense(g) for g in (step.g, step.contribution, step.total)])
    for step, then in zip(steps, shown, strict=True):
        for g, before in zip((step.g, step.contribution, step.total), then, strict=True):
            np.testing.assert_array_equal(dense(g), before)


def test_steps_that_are_asked_for_later_begin_with_the_cotangent_as_it_was_given() -> None:
    x, g = leaf(), W.copy()
    steps = mg.step_through(x * 2.0, g)
    g[:] = 7
    np.testing.assert_array_equal(dense(next(iter(steps)).total), 2 * W)
