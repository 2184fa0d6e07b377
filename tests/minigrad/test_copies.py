"""Copies and pickles: a leaf gets a node and memory of its own, and no gradient is lost without a word."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.graph import new_id
from minigrad.nn import Module, Parameter
from minigrad.optim import SGD, Adam

HOW = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
}
every_way = pytest.mark.parametrize("how", HOW.values(), ids=HOW)
whole = pytest.mark.parametrize("how", [HOW["deepcopy"], HOW["pickle"]], ids=["deepcopy", "pickle"])
Copy = Callable[[Any], Any]


@every_way
def test_a_copied_leaf_has_a_gradient_of_its_own(how: Copy) -> None:
    w = Parameter(np.array([2.0]), name="w")
    v = how(w)
    assert type(v) is Parameter
    assert v.name == v.node.title == "w"
    assert v.node.id > w.node.id
    (3 * w + 5 * v).sum().backward()
    np.testing.assert_array_equal(w.grad, [3.0])
    np.testing.assert_array_equal(v.grad, [5.0])


@every_way
def test_a_copied_leaf_has_memory_of_its_own(how: Copy) -> None:
    """Values, gradient, and the note of changes in place, which must not refuse a graph of the other leaf."""
    w = mg.tensor(np.array([1.0, 2.0]), requires_grad=True)
    (w * w).sum().backward()
    loss = (w * w).sum()
    v = how(w)
    np.testing.assert_array_equal(v.grad, [2.0, 4.0])
    v.grad[...] = 0
    with mg.no_grad():
        v[...] = 7.0
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])
    loss.backward()
    np.testing.assert_array_equal(w.grad, [4.0, 8.0])
    np.testing.assert_array_equal(v.data, [7.0, 7.0])


@every_way
def test_what_shared_memory_with_a_leaf_has_its_own_after_copying(how: Copy) -> None:
    w = mg.tensor(np.ones(2), requires_grad=True)
    a, b = how(w.detach()), how(w)
    both = copy.deepcopy([w, w.detach()])
    for x, y in ((a, b), both):
        assert not np.shares_memory(x.data, y.data)
        assert not np.shares_memory(x.data, w.data)
    assert not a.requires_grad


@every_way
def test_sparse_rows_and_a_transposed_array_survive(how: Copy) -> None:
    table = Parameter(np.arange(6.0).reshape(3, 2))
    mg.gather(table, [1, 1]).sum().backward()
    grad: Any = how(table).grad
    assert isinstance(grad, mg.SparseRows)
    np.testing.assert_array_equal(grad.dense(), [[0, 0], [2, 2], [0, 0]])
    x = mg.tensor(np.ones((2, 3)))
    x.data = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(how(x).data, x.data)


@every_way
def test_a_subclass_keeps_its_attributes(how: Copy) -> None:
    v = how(Noted(np.ones(2), note="of mine"))
    assert isinstance(v, Noted)
    assert v.note == "of mine"


class Noted(Parameter):
    """With a `__dict__`, as subclasses have."""

    def __init__(self, data: np.ndarray, note: str) -> None:
        super().__init__(data)
        self.note = note


@every_way
def test_computed_tensors_are_refused_with_the_cure(how: Copy) -> None:
    w = Parameter(np.ones(2))
    y = w * 2
    for t in (y, w.T, [y][0]):
        with pytest.raises(
            mg.GraphError, match=r"result of \w+ and can't be copied.*t\.detach\(\) or t\.numpy"
        ):
            how(t)
        np.testing.assert_array_equal(how(t.detach()).data, t.data)
    with mg.no_grad():
        np.testing.assert_array_equal(how(w * 2).data, [2.0, 2.0])
    with pytest.raises(mg.GraphError, match=r"node \d+ \(mul\) can't be copied"):
        how(y.node)


@whole
def test_a_parameter_that_two_modules_share_is_shared_in_the_copy(how: Copy) -> None:
    m = Module()
    m.a, m.b = Module(), Module()
    m.a.W = m.b.W = Parameter(np.ones(2))
    other = how(m)
    assert other.a.W is other.b.W
    assert [name for name, _ in other.named_parameters()] == ["a.W"]
    assert other.a.W is not m.a.W


@whole
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_an_optimiser_that_is_copied_with_its_model_moves_the_copy(how: Copy, kind: Any) -> None:
    """And goes on as the original does, bit for bit; what it keeps is its own."""
    m = Module()
    m.W = Parameter(np.array([[1.0, -2.0], [3.0, 0.5]]))
    optimizer = kind(m.parameters(), lr=0.1, **({"momentum": 0.9} if kind is SGD else {}))

    def step(model: Any, opt: Any) -> None:
        opt.zero_grad()
        (model.W * model.W).sum().backward()
        opt.step()

    step(m, optimizer)
    other, theirs = how((m, optimizer))
    before = m.W.data.copy()
    step(other, theirs)
    np.testing.assert_array_equal(m.W.data, before)
    assert (other.W.data != before).all()
    loss = (other.W * other.W).sum()
    theirs.step()
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()
    other, theirs = how((m, optimizer))
    for model, opt in ((m, optimizer), (other, theirs), (m, optimizer), (other, theirs)):
        step(model, opt)
    np.testing.assert_array_equal(m.W.data, other.W.data)
    for name, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(theirs.state_dict()[name], value)


def test_leaves_of_another_process_are_leaves_of_this_one() -> None:
    """There ids had hardly begun, or had gone far beyond those that are given here."""
    script = """if True:
        import pickle, sys, numpy as np, minigrad as mg
        for n in map(int, sys.argv[1:]):
            for _ in range(n):
                mg.graph.new_id()
            print(pickle.dumps(mg.nn.Parameter(np.array([2.0]))).hex())
    """
    many = str(new_id() + 10**5)
    done = subprocess.run(
        [sys.executable, "-c", script, "0", many], capture_output=True, text=True, check=True
    )
    a, b = (pickle.loads(bytes.fromhex(line)) for line in done.stdout.split())
    for _ in range(2):
        (10 * a + 1 * b * b).sum().backward()
    np.testing.assert_array_equal(a.grad, [20.0])
    np.testing.assert_array_equal(b.grad, [8.0])


@pytest.mark.parametrize("walk", [lambda loss: loss.backward(), lambda loss: list(mg.step_through(loss))])
def test_a_gradient_that_would_be_lost_is_an_error(walk: Any) -> None:
    """Whatever brings two nodes to one id, or a node to one that is larger than its consumer's."""

    def loss(change: Callable[[Any, Any, Any], None]) -> mg.Tensor:
        w, v = (mg.tensor(np.ones(2), requires_grad=True) for _ in range(2))
        product = w * v
        out = product.sum() + w.sum()
        change(w.node, v.node, product.node)
        return out

    def same(w: Any, v: Any, product: Any) -> None:
        w.id = v.id

    def newer(w: Any, v: Any, product: Any) -> None:
        v.id = product.id + 100

    def newer_and_used_before(w: Any, v: Any, product: Any) -> None:
        w.id = product.id + 0.5  # between its two consumers

    for change in (same, newer, newer_and_used_before):
        with pytest.raises(mg.GraphError, match=r"gradients were lost at node .*an id of its own"):
            walk(loss(change))
    walk(loss(lambda w, v, product: None))
