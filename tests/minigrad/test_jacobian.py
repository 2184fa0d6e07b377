"""Jacobians by one walk with stacked cotangents: equal to finite differences and to one backward per row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad import jacobians
from minigrad.cotangent import as_dense
from minigrad.graph import reachable
from minigrad.stack import Stack
from minigrad.symbol import UnsupportedError
from tests.minigrad.op_table import TABLE, Row

Array = np.ndarray


def leaf(*shape: int, seed: int = 0, name: str | None = None) -> mg.Tensor:
    return mg.tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True, name=name)


def differences(f: Callable[[Array], Array], x: Array, step: float = 1e-6) -> Array:
    """Return ∂f/∂x by central differences."""
    columns = []
    for k in range(x.size):
        move = np.zeros(x.shape)
        move.flat[k] = step
        columns.append((f(x + move) - f(x - move)) / (2 * step))
    shape = np.shape(f(x)) + x.shape
    return np.stack(columns, axis=-1).reshape(shape) if columns else np.zeros(shape)


def by_rows(output: mg.Tensor, x: mg.Tensor) -> Array:
    """Return ∂output/∂x by one backward for each element of the output."""
    rows = np.zeros((output.size, *x.shape))
    for k, seed in enumerate(np.eye(output.size).reshape((output.size, *output.shape))):
        x.zero_grad()
        output.backward(seed, retain_graph=True)
        rows[k] = 0 if x.grad is None else as_dense(x.grad)
    x.zero_grad()
    return rows.reshape(output.shape + x.shape)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_op_has_the_jacobian_that_its_rows_have(row: Row) -> None:
    for shapes in row.shapes:
        inputs = [mg.tensor(x, requires_grad=True) for x in row.operands(shapes)]
        output = row.function(*inputs)
        for x, found in zip(inputs, mg.jacobian(output, inputs), strict=True):
            np.testing.assert_allclose(found, by_rows(output, x), rtol=1e-13, atol=1e-13, strict=True)


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: mg.tanh(x * 2.0), ()),
        (lambda x: mg.softmax(x), (4,)),
        (lambda x: (x @ x.T).sum(axis=0), (3, 2)),
        (lambda x: mg.sigmoid(x[1:]) * x[0], (3, 2)),
        (lambda x: mg.tanh(x), (0, 3)),
        (lambda x: x.sum(axis=0), (0, 3)),
        (lambda x: mg.stack([x, x * x, mg.exp(x)]).mean(axis=(0, 2)), (2, 3)),
        (lambda x: mg.where(x > 0, x, 3.0 * x).reshape(-1), (2, 1, 3)),
    ],
)
def test_like_finite_differences(f: Callable[[mg.Tensor], mg.Tensor], shape: tuple[int, ...]) -> None:
    x = leaf(*shape)
    found = mg.jacobian(f(x), x)
    assert found.shape == f(x).shape + shape
    np.testing.assert_allclose(
        found, differences(lambda a: f(mg.tensor(a)).data, x.data), rtol=1e-8, atol=1e-8
    )


def test_several_tensors_one_of_them_unused_one_in_between() -> None:
    x, W, unused = leaf(2, 3), leaf(3, 3, seed=1), leaf(2, seed=2)
    hidden = mg.tanh(x @ W)
    output = (hidden * x).sum(axis=1)
    by_x, by_W, by_unused, by_hidden = mg.jacobian(output, [x, W, unused, hidden])

    def f(x: Array, W: Array) -> Array:
        return (np.tanh(x @ W) * x).sum(axis=1)

    np.testing.assert_allclose(by_x, differences(lambda a: f(a, W.data), x.data), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(by_W, differences(lambda a: f(x.data, a), W.data), rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(by_unused, np.zeros((2, 2)), strict=True)
    np.testing.assert_allclose(by_hidden, x.data * np.eye(2)[:, :, None], rtol=1e-14)


def test_a_few_rows_at_a_time_give_the_same() -> None:
    x = leaf(3, 2)
    output = mg.softmax(x @ x.T)
    for rows in (1, 2, 9, 100):
        np.testing.assert_allclose(mg.jacobian(output, x, rows), mg.jacobian(output, x), rtol=1e-14)


def test_the_graph_and_the_gradients_remain() -> None:
    x, w = leaf(3), leaf(3, seed=1)
    w.grad = np.full(3, 7.0)
    output = mg.sin(x * w)
    J = mg.jacobian(output, x)
    assert x.grad is None
    np.testing.assert_array_equal(w.grad, [7, 7, 7])
    output.backward(np.ones(3))
    np.testing.assert_allclose(as_dense(x.grad), J.sum(axis=0))
    with pytest.raises(mg.GraphError, match="freed"):
        mg.jacobian(output, x)


def test_what_does_not_lead_to_the_tensor_is_not_walked() -> None:
    x, w = leaf(3), leaf(3, seed=1)
    beside = mg.exp(w)
    output = x * beside
    beside.backward(np.ones(3))  # frees its graph
    np.testing.assert_allclose(mg.jacobian(output, x), np.diag(beside.data), rtol=1e-14)
    np.testing.assert_allclose(mg.jacobian(output, beside), np.diag(x.data), rtol=1e-14)
    with pytest.raises(mg.GraphError, match="freed"):
        mg.jacobian(output, w)


@pytest.mark.parametrize("mode", ["node", "level", "compiled"])
def test_through_a_fold_of_any_mode(mode: str) -> None:
    forest = models.Forest(
        [models.Tree.parse("(0 (0 (0 a) (0 b)) (0 c))"), models.Tree.parse("(0 (0 a) (0 a))")]
    )
    cell = models.RNN(4, np.random.default_rng(0), dtype=np.float64)  # compiled for tests/models as well
    leaves = leaf(5, 4)
    states = mg.fold(cell, forest, leaves, mode)
    found, by_states, by_W1 = mg.jacobian(states.h[forest.root], [leaves, states.h, cell.W1])

    def roots(x: Array) -> Array:
        return mg.fold(cell, forest, x, "level").h.data[forest.root]

    np.testing.assert_allclose(found, differences(roots, leaves.data), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(by_states[:, :, forest.leaves], found, rtol=1e-13)  # the total, as .grad is
    W1 = cell.W1.data.copy()

    def of_W1(value: Array) -> Array:
        with mg.no_grad():
            cell.W1.copy_(value)
        return roots(leaves.data)

    expected = differences(of_W1, W1)
    np.testing.assert_allclose(by_W1, expected, rtol=1e-7, atol=1e-9)
    assert leaves.grad is None
    assert cell.W1.grad is None


def test_what_is_added_to_the_states_keeps_a_cotangent_of_its_own() -> None:
    """Reads of states add to their cotangent in place; an addition hands one cotangent to both operands."""
    forest = models.Forest([models.Tree.parse("(0 (0 (0 a) (0 b)) (0 c))")])
    leaves, extra = leaf(3, 2), leaf(5, 2, seed=1)
    states = mg.fold(models.RNN(2, np.random.default_rng(0), dtype=np.float64), forest, leaves, "level")
    _, by_extra = mg.jacobian(states.h + extra, [leaves, extra])
    np.testing.assert_array_equal(by_extra, np.eye(10).reshape(5, 2, 5, 2))


def test_most_vjps_are_called_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise this were one backward per row under another name."""
    calls: list[str] = []

    def counted(node: Any, parent: Any, vjp: Any, g: Any) -> Any:
        def once(g: Any) -> Any:
            calls.append(node.op.name)
            return vjp(g)

        return stacked(node, parent, once, g)

    stacked = jacobians._stacked
    monkeypatch.setattr(jacobians, "_stacked", counted)
    forest = models.Forest([models.Tree.parse("(0 (0 (0 a) (0 b)) (0 c))")])
    leaves = leaf(3, 5)
    states = mg.fold(models.RLSTM(5, np.random.default_rng(0), dtype=np.float64), forest, leaves, "level")
    mg.jacobian(states.h[forest.root[0]], leaves)
    edges = sum(len(node.parents) for node in reachable(states.h.node))  # type: ignore[misc]
    assert 100 < len(calls) <= edges
    for f in (lambda x: mg.softmax(x), lambda x: x.sum(), lambda x: x.reshape(15), lambda x: mg.gelu(x)):
        calls.clear()
        mg.jacobian(f(leaves), leaves)
        assert len(calls) == 1


def test_an_operand_that_was_changed_is_noticed_and_so_is_a_wrong_vjp() -> None:
    x, w = leaf(2), mg.tensor(np.ones(2))
    output = mg.exp(x) * w
    w[0] = 3.0
    with pytest.raises(mg.GraphError, match="changed in place"):
        mg.jacobian(output, x)

    @mg.primitive()
    def double(x: Array) -> Any:
        """2 x

        shapes: any
        vjp: Σ 2 g
        """
        return 2 * x

    double.defvjp(lambda y, x: lambda g: 2 * g.sum())
    with pytest.raises(mg.ShapeError, match="vjp of double"):
        mg.jacobian(double(x), x)


def test_what_cannot_be_differentiated_is_refused() -> None:
    x = leaf(2, name="x")
    with pytest.raises(mg.GraphError, match=r"tensor 1 of `of`, 'c', does not require"):
        mg.jacobian(x * 2.0, [x, mg.tensor(np.ones(2), name="c")])
    with pytest.raises(mg.GraphError, match="the output does not require"):
        mg.jacobian(mg.tensor(np.ones(2)), x)
    with pytest.raises(TypeError, match="is a ndarray"):
        mg.jacobian(x * 2.0, [np.ones(2)])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="from 1; not 0"):
        mg.jacobian(x * 2.0, x, rows=0)


@pytest.mark.parametrize(
    "f",
    [
        lambda g: g[:, [0, 1]],
        lambda g: np.asarray(g),
        lambda g: np.sort(g),
        lambda g: np.add.reduce(g),
        lambda g: g @ np.ones(3),
        lambda g: np.linalg.norm(g),
    ],
)
def test_a_stack_refuses_what_it_does_not_know(f: Callable[[Any], Any]) -> None:
    with pytest.raises(UnsupportedError):
        f(Stack(np.ones((4, 2, 3))))


@pytest.mark.parametrize(
    "f",
    [
        lambda g: 2.0 - g * np.arange(3.0),
        lambda g: g + np.ones((5, 1, 3)),
        lambda g: np.ones((2, 3)) / (1 + g),
        lambda g: g.sum(axis=-1, keepdims=True) - g.mean(),
        lambda g: g.T @ np.arange(6.0).reshape(2, 3),
        lambda g: np.arange(6.0).reshape(3, 2) @ g,
        lambda g: g @ np.arange(24.0).reshape(4, 3, 2),
        lambda g: g[1, None, ::-1],
        lambda g: g[np.array([0, 1, 1])],
        lambda g: np.where(np.array([True, False, True]), g, 0),
        lambda g: np.broadcast_to(np.expand_dims(g, (0, -1)), (4, 2, 3, 2)),
        lambda g: np.broadcast_to(g, (4, 2, 3)),
        lambda g: np.flip(g, -1).reshape(-1, 2).transpose((1, 0)),
        lambda g: g.astype(np.float32).dot(np.ones((3, 1), np.float32)),
    ],
)
def test_a_stack_is_to_a_function_what_each_array_is(f: Callable[[Any], Any]) -> None:
    data = np.random.default_rng(0).normal(size=(4, 2, 3))
    np.testing.assert_allclose(f(Stack(data)).data, np.stack([f(x) for x in data]), rtol=1e-6, strict=True)
