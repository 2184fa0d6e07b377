from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.context import thread
from minigrad.graph import reachable
from minigrad.record import Entry
from models.forest import Forest
from models.tree import Tree
from tests.minigrad.fold_contract.cells import E, Memory, Simple
from tests.minigrad.fold_contract.reference import dense

FOREST = Forest([Tree.parse("(1 (1 (1 not) (1 very)) (1 good))"), Tree.parse("(1 bad)")])
WORDS = np.array([0, 1, 2, 1])


def loss_of(cell: mg.Cell, L: mg.Tensor, mode: str) -> tuple[mg.Tensor, mg.NodeStates]:
    states = mg.fold(cell, FOREST, mg.gather(L, WORDS), mode)
    return mg.sum(np.arange(E) * mg.gather(states.h, FOREST.root)), states


def table() -> mg.Tensor:
    return mg.tensor(np.random.default_rng(1).normal(size=(3, E)), requires_grad=True, name="L")


def test_norms_of_parameters_and_table_are_those_of_their_gradients(mode: str) -> None:
    cell, L = Memory(np.random.default_rng(0)), table()
    loss, _ = loss_of(cell, L, mode)
    with mg.record_gradients() as record:
        loss.backward()
    norms = {entry.op: entry.norm for entry in record.entries}
    for name, tensor in [("L", L), *cell.named_parameters()]:
        assert norms[name] == pytest.approx(np.linalg.norm(dense(tensor)), rel=1e-12), name


def test_node_mode_records_each_op_under_its_tree_node() -> None:
    cell, L = Simple(np.random.default_rng(0)), table()
    loss, states = loss_of(cell, L, "node")
    with mg.record_gradients() as record:
        loss.backward()
    groups: dict[str, list[Entry]] = {}
    for entry in record.entries:
        groups.setdefault(str(entry.scope or ""), []).append(entry)
    assert set(groups) == {"", "node 3 of tree 1, 'not very'", "node 5 of tree 1, 'not very good'"}
    for row, scope in [(2, "node 3 of tree 1, 'not very'"), (4, "node 5 of tree 1, 'not very good'")]:
        error = next(entry.norm for entry in groups[scope] if entry.op == "tanh")
        assert error == pytest.approx(np.linalg.norm(dense(states.h)[row]), rel=1e-12)
    ops = [entry.op for entry in groups["node 5 of tree 1, 'not very good'"]]
    assert ops[:3] == ["write_rows", "tanh", "add"]
    assert ops.count("matmul") == 2


def test_norms_equal_those_of_retained_gradients() -> None:
    x = mg.tensor(np.array([[1.0, -2.0], [0.5, 3.0]]), requires_grad=True)
    a = mg.tanh(x).retain_grad()
    b = (a * x).retain_grad()
    c = (a + b[0]).retain_grad()
    with mg.record_gradients() as record:
        mg.sum(c * c).backward()
    for tensor in (x, a, b, c):
        assert tensor.node is not None
        assert record.norms[tensor.node.id] == pytest.approx(np.linalg.norm(dense(tensor)), rel=1e-12)
        assert tensor.node.meta.norm == record.norms[tensor.node.id]


def test_a_table_read_twice_counts_the_sum_of_its_rows() -> None:
    L = mg.tensor(np.eye(2), requires_grad=True)
    with mg.record_gradients() as record:
        mg.sum(mg.gather(L, [0, 0])).backward()
    assert record.entries[-1] == (L.node.id, "leaf", None, pytest.approx(np.sqrt(2 * 2**2)))


def test_entries_stand_in_the_order_of_the_visits_and_are_one_per_visit(mode: str) -> None:
    cell, L = Memory(np.random.default_rng(0)), table()
    loss, _ = loss_of(cell, L, mode)
    with mg.record_gradients() as record:
        loss.backward(retain_graph=True)
        visited = len(record)
        loss.backward()
    ids = [entry.id for entry in record.entries[:visited]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == visited
    assert [entry.id for entry in record.entries[visited:]] == ids
    assert len(record.norms) == visited


def test_off_nothing_is_recorded(mode: str) -> None:
    cell, L = Simple(np.random.default_rng(0)), table()
    with mg.record_gradients() as record:
        loss, _ = loss_of(cell, L, mode)
    loss.backward()
    assert len(record) == 0
    assert record.entries == []
    assert loss.node is not None
    assert all(node.meta.norm is None for node in reachable(loss.node))


def test_recording_changes_no_gradient(mode: str) -> None:
    cell, L, other = Simple(np.random.default_rng(0)), table(), table()
    loss_of(cell, L, mode)[0].backward()
    with mg.record_gradients():
        loss_of(cell, other, mode)[0].backward()
    np.testing.assert_array_equal(dense(L), dense(other))


def test_records_nest_and_end_with_their_block_even_after_an_error() -> None:
    x = mg.tensor([1.0], requires_grad=True)
    with mg.record_gradients() as outer:
        with mg.record_gradients() as inner:
            (x * x).backward()
        with pytest.raises(mg.GraphError), mg.record_gradients():
            x.detach().backward()
        (x + x).backward()
    assert thread.state.observers == ()
    assert [entry.op for entry in inner.entries] == ["mul", "leaf"]
    assert [entry.op for entry in outer.entries] == ["add", "leaf"]


def test_nan_shows_as_the_norm() -> None:
    x = mg.tensor([np.nan, 1.0], requires_grad=True, name="x")
    with mg.record_gradients() as record:
        mg.sum(x * x).backward()
    assert np.isnan(record.entries[-1].norm)
    assert record.entries[-1].op == "x"
