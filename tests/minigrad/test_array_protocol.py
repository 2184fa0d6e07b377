"""NumPy's functions on tensors: what ours do, with the derivative, or an error that says what to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.ops.array_protocol import FUNCTIONS, UFUNCS

V = np.array([3.0, 4.0])
M = np.array([[0.5, 2.0, 1.5], [1.0, 0.25, 3.0]])
C = np.array([[True, False, True], [False, False, True]])

# One call for each row of the table, at least: NumPy's name is called on an array and on a tensor.
CALLS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    **{f.__name__: (f, lambda x, f=f: f(x)) for f in (np.negative, np.positive, np.absolute, np.square)},
    **{f.__name__: (f, lambda x, f=f: f(x)) for f in (np.exp, np.log, np.sqrt, np.sin, np.cos, np.tanh)},
    **{
        f"{f.__name__}{'' if k else ', reflected'}": (f, lambda x, f=f, k=k: f(x, M) if k else f(M, x))
        for f in (np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum)
        for k in (0, 1)
    },
    "matmul": (np.matmul, lambda x: np.matmul(V, x)),
    **{
        f.__name__: (f, lambda x, f=f: f(x, axis=1, keepdims=True))
        for f in (np.sum, np.mean, np.max, np.amax, np.min, np.amin, np.prod, np.var, np.std, np.linalg.norm)
    },
    **{
        f"{f.__name__}, axis by position": (f, lambda x, f=f: f(x, 0))
        for f in (np.sum, np.mean, np.max, np.amax, np.min, np.amin, np.prod, np.var, np.std)
    },
    **{
        f"{f.__name__} of all": (f, lambda x, f=f: f(x))
        for f in (np.sum, np.mean, np.max, np.amax, np.min, np.amin, np.prod, np.var, np.std, np.linalg.norm)
    },
    "var, ddof": (np.var, lambda x: np.var(x, axis=0, ddof=1)),
    "cumsum": (np.cumsum, lambda x: np.cumsum(x, axis=1)),
    "clip": (np.clip, lambda x: np.clip(x, 0.4, 1.9)),
    "where": (np.where, lambda x: np.where(C, x, M * 2)),
    "dot": (np.dot, lambda x: np.dot(x, M.T)),
    "dot, reflected": (np.dot, lambda x: np.dot(V, x)),
    "dot with a number": (np.dot, lambda x: np.dot(x, 2.0)),
    "einsum": (np.einsum, lambda x: np.einsum("ij,kj->ik", x, M)),
    "reshape": (np.reshape, lambda x: np.reshape(x, (3, -1))),
    "squeeze": (np.squeeze, lambda x: np.squeeze(np.expand_dims(x, 0), axis=0)),
    "expand_dims": (np.expand_dims, lambda x: np.expand_dims(x, 1)),
    "broadcast_to": (np.broadcast_to, lambda x: np.broadcast_to(x, (2, 2, 3))),
    "transpose": (np.transpose, lambda x: np.transpose(x)),
    "transpose, axes": (np.transpose, lambda x: np.transpose(x, axes=(1, 0))),
    "concatenate": (np.concatenate, lambda x: np.concatenate([M, x], axis=1)),
    "stack": (np.stack, lambda x: np.stack((x, M), axis=-1)),
}
COMPARED = {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}


@pytest.mark.parametrize("call", [call for _, call in CALLS.values()], ids=CALLS)
def test_numpys_name_gives_numpys_value_and_a_gradient(call: Callable[[Any], Any]) -> None:
    x = mg.tensor(M, requires_grad=True)
    y = call(x)
    assert isinstance(y, mg.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.data, call(M), rtol=1e-14)
    if "imum" not in str(call(x).node):
        mg.assert_gradients(call, [M + 0.01])


def test_every_row_is_called_above() -> None:
    assert {f for f, _ in CALLS.values()} == {*UFUNCS, *FUNCTIONS} - COMPARED
    x = mg.tensor(M, requires_grad=True)
    for f in COMPARED:
        for got in (f(x, 1.5), f(M, x), f(x, M)):
            assert isinstance(got, mg.Tensor)
            assert got.dtype == bool
            assert not got.requires_grad
        np.testing.assert_array_equal(f(np.full((2, 3), 1.5), x).data, f(1.5, M))


REFUSED: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "no counterpart": (lambda w, a: np.median(w), "np.median .* mg's operations"),
    "a submodule's": (lambda w, a: np.linalg.det(np.stack([w, w])), r"np\.linalg\.det"),
    "another ufunc": (lambda w, a: np.arctan(w), "np.arctan"),
    "of two": (lambda w, a: np.arctan2(a, w), "np.arctan2"),
    "in a list": (lambda w, a: np.vstack([a, w]), "np.vstack"),
    "our name, other arguments": (lambda w, a: np.split(w, [1]), r"write mg\.split"),
    "reduce": (lambda w, a: np.add.reduce(w), r"np\.add\.reduce"),
    "out": (lambda w, a: np.add(a, w, out=a), "np.add with out"),
    "an array in place": (lambda w, a: a.__iadd__(w), "np.add with out"),
    "dtype": (lambda w, a: np.sum(w, 0, np.float32), "takes a, axis, keepdims, not dtype"),
    "ord": (lambda w, a: np.linalg.norm(w, 1), "not ord"),
    "where alone": (lambda w, a: np.where(w), "takes condition, x, y"),
    "stacks": (lambda w, a: np.dot(w, np.ones((2, 2, 2))), "mg.matmul"),
    "ndarray.dot": (lambda w, a: a.dot(w), r"t\.numpy\(\)"),
    "asarray": (lambda w, a: np.asarray(w), r"'w'.*t\.numpy\(\)"),
    "written into an array": (lambda w, a: a.__setitem__(slice(None), w), r"t\.numpy\(\)"),
    "a list": (lambda w, a: np.array([w[0], w[1]]), "mg.stack"),
    "a leaf of a list": (lambda w, a: mg.tensor([w[0], w[1]]), "mg.stack"),
    "a leaf of nested lists": (lambda w, a: mg.tensor([[w[0], 1.0]], dtype=np.float64), "mg.stack"),
    "a parameter of a list": (lambda w, a: Parameter([w[0], w[1]]), "mg.stack"),
    "a leaf": (lambda w, a: mg.tensor(w), "would lose its gradient"),
    "a leaf of a result": (lambda w, a: mg.tensor(w * 2, requires_grad=True), "would lose its gradient"),
}


@pytest.mark.parametrize(("call", "text"), REFUSED.values(), ids=REFUSED)
def test_what_would_cut_the_graph_is_refused(call: Any, text: str) -> None:
    """And is allowed where nothing is cut: without a graph, and for a tensor without a gradient."""
    w = mg.tensor(V, requires_grad=True, name="w")
    with pytest.raises(TypeError, match=text):
        call(w, np.ones(2))


def test_what_cuts_nothing_is_answered_by_numpy() -> None:
    w = mg.tensor(V, requires_grad=True)
    for f in (
        np.median,
        np.asarray,
        np.arctan,
        np.add.reduce,
        lambda x: np.vstack([x, V]),
        lambda x: V.dot(x),
    ):
        with mg.no_grad():
            np.testing.assert_array_equal(f(w), f(V))
        got: Any = f(w.detach())
        np.testing.assert_array_equal(got, f(V))
        assert not isinstance(got, mg.Tensor)
    total = np.ones(2)
    total += w.detach()
    np.testing.assert_array_equal(total, V + 1)
    assert w.numpy() is w.data
    assert f"{w}" == "tensor([3., 4.], dtype=float64, requires_grad=True)"


def test_answers_without_a_derivative_are_given_with_a_gradient_required() -> None:
    w = mg.tensor(V, requires_grad=True)
    assert np.shape(w) == (2,)
    assert np.ndim(w) == 1
    assert np.argmax(w) == 1
    assert np.allclose(w, V)
    assert np.array_equal([3, 4], w)
    assert not np.isnan(w).any()
    assert np.zeros_like(w).tolist() == [0, 0]


def test_a_cell_may_use_numpys_names() -> None:
    """In every mode, with the mask of the leaves, which is a symbol while a cell is traced."""

    class Mixed(mg.Cell):
        parts = (mg.Part("h", 2),)

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return np.tanh(np.where(left.is_leaf, left.h, 0.5 * right.h) + np.exp(-right.h))

    assert "np.exp" in mg.fold_source(Mixed())


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x.__iadd__(y),
    "-": lambda x, y: x.__isub__(y),
    "*": lambda x, y: x.__imul__(y),
    "/": lambda x, y: x.__itruediv__(y),
    "**": lambda x, y: x.__ipow__(y),
}
PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("other", [2.0, V, mg.tensor(V)], ids=["number", "array", "tensor"])
def test_a_leaf_is_changed_in_place_under_no_grad(sign: str, other: Any) -> None:
    """Without a copy, and an older graph that has saved its values notices."""
    w = Parameter(np.array([1.0, 2.0]))
    memory, loss = w.data, (w * w).sum()
    with mg.no_grad():
        assert SIGNS[sign](w, other) is w
    assert w.data is memory
    np.testing.assert_array_equal(
        w.data, PLAIN[sign](np.array([1.0, 2.0]), other if isinstance(other, float) else np.array(V))
    )
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()
    with pytest.raises(mg.GraphError, match=r"write x = x .*no_grad"):
        SIGNS[sign](w, other)


def test_gradient_descent_by_hand() -> None:
    """As it is written in PyTorch; of a gathered table as well."""
    w, table = Parameter(np.array([1.0, 2.0])), Parameter(np.ones((3, 2)))
    ((w * w).sum() + mg.gather(table, [1, 1]).sum()).backward()
    with mg.no_grad():
        for p in (w, table):
            p -= 0.1 * p.grad
        table -= table.grad
    np.testing.assert_allclose(w.data, [0.8, 1.6])
    np.testing.assert_allclose(table.data, [[1, 1], [-1.2, -1.2], [1, 1]])


def test_a_sum_that_grows_is_no_change_in_place() -> None:
    w = Parameter(np.array([1.0, 2.0]))
    first = total = mg.tensor(np.zeros(2))
    for k in range(3):
        total += k * w  # a leaf without a gradient, then computed tensors
    total.sum().backward()
    np.testing.assert_array_equal(w.grad, [3.0, 3.0])
    np.testing.assert_array_equal(first.data, [0.0, 0.0])
    before = computed = w * 1
    with mg.no_grad():
        computed += 1
    np.testing.assert_array_equal(before.data, [1.0, 2.0])
    np.testing.assert_array_equal(computed.data, [2.0, 3.0])


def test_what_does_not_fit_is_refused_in_place() -> None:
    x, n = mg.tensor(np.ones((1, 2))), mg.tensor(np.array([1, 2]))
    for call in (lambda: x.__iadd__(np.ones((3, 2))), lambda: n.__itruediv__(2)):
        with pytest.raises(mg.ShapeError, match=r"does not fit into this tensor.*write x = x"):
            call()
    np.testing.assert_array_equal(n.data, [1, 2])
    n += 1
    np.testing.assert_array_equal(n.data, [2, 3])
