"""`step_through` yields what backward computes, in its order, and changes nothing before its end."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings

import minigrad as mg
import models
from minigrad.cotangent import as_dense
from minigrad.graph import reachable
from minigrad.step import Step
from tests.minigrad.graphs import random_graphs


def leaf(*values: float, name: str | None = None) -> mg.Tensor:
    return mg.tensor(np.array(values), requires_grad=True, name=name)


def twice_used() -> tuple[mg.Tensor, mg.Tensor]:
    a = mg.tensor(3.0, requires_grad=True, name="a")
    b = a + a
    return a, b * b


def _without_ids(text: str) -> str:
    return "\n".join(" ".join(w for w in line.split() if not w.startswith("%")) for line in text.splitlines())


def test_a_value_that_is_used_twice_gets_two_contributions_before_it_hands_on_their_sum() -> None:
    a, c = twice_used()
    expected = """\
step node g operand vjp contribution sum so far
1 mul 1 add g ⊙ b 6 6
2 add g ⊙ a 6 12
3 add 12 a g 12 12
4 a g 12 24"""
    assert _without_ids(str(mg.step_through(c))) == expected
    steps = list(mg.step_through(c))
    assert [float(step.contribution) for step in steps] == [6, 6, 12, 12]
    assert [float(step.total) for step in steps] == [6, 12, 12, 24]
    assert repr(steps[3]).endswith(" a, g = 12, sum 24>")
    assert a.grad == 24.0


@settings(derandomize=True, deadline=None, max_examples=50)
@given(loss=random_graphs().map(lambda tensor: tensor.sum()))
def test_steps_are_backward_to_the_last_bit_and_in_its_order(loss: mg.Tensor) -> None:
    assert loss.node is not None
    with mg.record_gradients() as record:
        loss.backward(retain_graph=True)
    nodes = reachable(loss.node)
    leaves = [node for node in nodes if node.op is None]
    expected = {}
    for node in leaves:
        assert node.gradient is not None
        expected[node.id], node.gradient.value = as_dense(node.gradient.value), None
    steps = list(mg.step_through(loss))
    visits = list(dict.fromkeys(step.node.id for step in steps))
    assert visits == [entry.id for entry in record.entries if entry.id not in expected]
    totals = {step.parent.id: step.total for step in steps}
    for node in leaves:
        assert node.gradient is not None
        np.testing.assert_array_equal(as_dense(totals[node.id]), expected[node.id])
        np.testing.assert_array_equal(as_dense(node.gradient.value), expected[node.id])
    for node in nodes[1:]:
        mine = [as_dense(step.contribution) for step in steps if step.parent is node]
        assert len(mine) == sum(parent is node for user in nodes for parent in user.parents)
        np.testing.assert_allclose(sum(mine), as_dense(totals[node.id]), rtol=1e-12, atol=1e-12)
    for step in steps:
        if step.node is not loss.node:
            np.testing.assert_array_equal(step.g, as_dense(totals[step.node.id]))


def test_nothing_changes_before_the_last_step_has_been_taken() -> None:
    a, c = twice_used()
    steps = mg.step_through(c)
    str(steps)
    taken = list(islice(steps, 4))
    assert a.grad is None
    taken[-1].total[...] = np.nan  # a copy
    c.backward(retain_graph=True)
    assert a.grad == 24.0
    a.zero_grad()
    assert next(steps, None) is None
    assert a.grad == 24.0
    assert next(steps, None) is None  # and not once more
    assert a.grad == 24.0
    with pytest.raises(mg.GraphError, match="has been freed"):
        c.backward()


def test_the_graph_may_be_kept_and_a_table_outlives_it() -> None:
    a, c = twice_used()
    list(mg.step_through(c, retain_graph=True))
    steps = mg.step_through(c)
    before = str(steps)
    list(steps)
    assert a.grad == 48.0
    assert str(steps) == before
    with pytest.raises(mg.GraphError, match=r"mul .* has been freed"):
        mg.step_through(c)
    b = a + a
    b.backward(retain_graph=False)
    with pytest.raises(mg.GraphError, match=r"add .* has been freed"):
        list(mg.step_through(b * b))


def test_an_observer_sees_the_pass_at_the_end() -> None:
    _, c = twice_used()
    with mg.record_gradients() as record:
        list(mg.step_through(c))
    assert [entry.norm for entry in record.entries] == [1, 12, 24]


def test_a_cotangent_is_needed_for_an_array_and_taken() -> None:
    x = leaf(1.0, -2.0)
    y = x * x
    with pytest.raises(mg.ShapeError, match=r"needs a cotangent"):
        mg.step_through(y)
    steps = list(mg.step_through(y, np.array([1.0, 10.0])))
    np.testing.assert_array_equal(steps[-1].total, [2.0, -40.0])
    with pytest.raises(mg.GraphError, match="does not depend"):
        mg.step_through(mg.tensor(1.0))


def test_a_change_in_place_and_a_misshapen_vjp_are_refused_as_backward_refuses_them() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    with mg.no_grad():
        x[0] = 5.0
    with pytest.raises(mg.GraphError, match="changed in place"):
        list(mg.step_through(y))

    @mg.primitive()
    def odd(x: np.ndarray) -> np.ndarray:
        """x

        shapes: any
        vjp: g
        """
        return x.copy()

    odd.defvjp(lambda y, x: lambda g: g[:1])
    with pytest.raises(mg.ShapeError, match=r"the vjp of odd .* returned a cotangent of shape \(1,\)"):
        list(mg.step_through(odd(x).sum()))


def test_rows_of_a_table_stay_rows() -> None:
    L = mg.tensor(np.ones((100, 2)), requires_grad=True, name="L")
    steps = list(mg.step_through((mg.gather(L, [7, 3]) * np.array([[1.0], [2.0]])).sum()))
    last = steps[-1]
    assert isinstance(last.contribution, mg.SparseRows)
    assert isinstance(last.total, mg.SparseRows)
    assert repr(last).endswith("= rows 7 3: [[1 1] [2 2]], sum rows 7 3: [[1 1] [2 2]]>")
    np.testing.assert_array_equal(last.total.dense(), as_dense(L.grad))


@pytest.mark.parametrize("mode", ["node", "level"])
def test_the_states_of_a_fold(mode: str) -> None:
    cell = models.RNN(D=3, rng=np.random.default_rng(0))
    forest = models.Forest([models.Tree.parse("(((the) (cat)) ((sat) (down)))")])
    leaves = mg.tensor(np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32), requires_grad=True)

    def run() -> tuple[mg.Tensor, mg.NodeStates]:
        states = mg.fold(cell, forest, leaves, mode=mode)
        return (states.h[forest.root] * states.h[forest.root]).sum(), states

    loss, states = run()
    loss.backward()
    tensors = [leaves, *cell.parameters()]
    expected = [as_dense(tensor.grad) for tensor in (states.h, *tensors)]
    for tensor in tensors:
        tensor.zero_grad()
    loss, states = run()
    steps: list[Step] = list(mg.step_through(loss))
    for tensor, right in zip((states.h, *tensors), expected, strict=True):
        np.testing.assert_array_equal(as_dense(tensor.grad), right)
    start = steps[-1] if steps[-1].parent.op is not None else steps[-2]
    assert start.parent.title == "start_rows"
    np.testing.assert_array_equal(start.total, expected[0])


def test_each_vjp_has_its_own_formula_where_the_op_tells_them_apart() -> None:
    x = leaf(0.5, 1.5, name="x")
    y = mg.where(np.array([True, False]), x, x * 2.0).sum()
    formulas = [(step.node.title, step.formula) for step in mg.step_through(y)]
    assert formulas == [
        ("sum", "g, repeated along the summed axes"),
        ("where", "g ⊙ [condition]"),
        ("where", "g ⊙ [not condition]"),
        ("mul", "g ⊙ b, g ⊙ a"),
    ]


def test_a_long_table_is_cut_and_says_so() -> None:
    x = y = mg.tensor(1.0, requires_grad=True)
    for _ in range(150):
        y = y + 1.0
    lines = str(mg.step_through(y)).splitlines()
    assert len(lines) == 102
    assert lines[-1] == "… (the first 100 steps; iterate to see the others)"
    assert x.grad is None
    assert sum(1 for _ in mg.step_through(y)) == 150


def test_large_arrays_are_summed_up() -> None:
    x = mg.tensor(np.arange(-6.0, 6.0).reshape(3, 4), requires_grad=True)
    assert "-12 … 10, mean -1" in str(mg.step_through((x * x).sum()))
