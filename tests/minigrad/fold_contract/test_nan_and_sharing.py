from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.graph import reachable
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Memory, Product, Simple
from tests.minigrad.fold_contract.forests import PAIR, grow
from tests.minigrad.fold_contract.reference import Arrays, close, dense, derivatives, recursion

TREES = grow((PAIR, None), (None, (PAIR, None)), None)
FIRST = np.arange(len(TREES.left)) < 5  # rows of the first tree


def run(cell: ContractCell, X: np.ndarray, mode: str) -> Arrays:
    cell.zero_grad()
    leaves = mg.tensor(X, requires_grad=True)
    states = mg.fold(cell, TREES, leaves, mode)
    sum((states[name].sum() for name in states), start=mg.tensor(0.0)).backward()
    values = {name: states[name].data for name in states}
    rows = {f"∂{name}": dense(states[name]) for name in states}
    return {**values, **rows, "leaves": dense(leaves)}


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
def test_poison_in_a_leaf_goes_where_node_mode_takes_it_and_not_into_other_trees(
    cell: type[ContractCell], poison: float, mode: str
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(TREES.n_leaves, E))
    model = cell(rng)
    clean = run(model, X, mode)
    X[0, 0] = poison
    with np.errstate(invalid="ignore", over="ignore"):
        got, expected = run(model, X, mode), run(model, X, "node")
    for name, b in expected.items():
        np.testing.assert_array_equal(np.isnan(got[name]), np.isnan(b), err_msg=name)
        np.testing.assert_allclose(got[name], b, rtol=1e-10, atol=1e-14, err_msg=name)
        others = np.arange(len(b)) >= 3 if name == "leaves" else ~FIRST
        np.testing.assert_allclose(got[name][others], clean[name][others], rtol=1e-12, atol=1e-15)
    if np.isnan(poison):
        assert np.isnan(got["h"][FIRST]).any(axis=1).tolist() == [True, False, True, False, True]


def test_one_table_of_leaves_feeds_two_folds(mode: str) -> None:
    rng = np.random.default_rng(0)
    one, other = Simple(rng), Product(rng)
    X = rng.normal(size=(TREES.n_leaves, E))
    w = rng.normal(size=(len(TREES.left), E))
    leaves = mg.tensor(X, requires_grad=True)
    states = mg.fold(one, TREES, leaves, mode), mg.fold(other, TREES, leaves, mode)
    mg.sum(w * states[0].h * states[1].h).backward()
    P = [{name: p.data for name, p in cell.named_parameters()} for cell in (one, other)]

    def loss(at: Arrays) -> complex:
        h = recursion(one, TREES, at["leaves"], P[0])["h"], recursion(other, TREES, at["leaves"], P[1])["h"]
        return (w * h[0] * h[1]).sum()

    close({"leaves": dense(leaves)}, derivatives(loss, {"leaves": X}), 1e-12)


def test_leaves_also_used_outside_the_fold_collect_both_contributions(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell, X = Simple(rng), rng.normal(size=(TREES.n_leaves, E))
    P = {name: p.data for name, p in cell.named_parameters()}
    leaves = mg.tensor(X, requires_grad=True)
    (mg.sum(leaves * leaves) + mg.sum(mg.fold(cell, TREES, leaves, mode).h)).backward()

    def loss(at: Arrays) -> complex:
        return (at["leaves"] ** 2).sum() + recursion(cell, TREES, at["leaves"], P)["h"].sum()

    close({"leaves": dense(leaves)}, derivatives(loss, {"leaves": X}), 1e-12)


def test_a_parameter_of_the_cell_is_also_the_head(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell, X = Memory(rng), rng.normal(size=(TREES.n_leaves, E))
    w = rng.normal(size=(len(TREES.left), E))
    states = mg.fold(cell, TREES, X, mode)
    mg.sum(w * mg.tanh(states.h @ cell.Wf.T + states.c)).backward()

    def loss(at: Arrays) -> complex:
        reference = recursion(cell, TREES, X, at)
        return (w * np.tanh(reference["h"] @ at["Wf"].T + reference["c"])).sum()

    got = {name: dense(p) for name, p in cell.named_parameters()}
    close(got, derivatives(loss, {name: p.data for name, p in cell.named_parameters()}), 1e-12)


def test_gradients_of_two_folds_add_up_until_they_are_zeroed(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell, X = Simple(rng), rng.normal(size=(TREES.n_leaves, E))
    mg.fold(cell, TREES, X, mode).h.sum().backward()
    once = {name: dense(p).copy() for name, p in cell.named_parameters()}
    mg.fold(cell, TREES, X, mode).h.sum().backward()
    close({name: dense(p) for name, p in cell.named_parameters()}, {n: 2 * g for n, g in once.items()}, 1e-14)
    cell.zero_grad()
    assert all(p.grad is None for p in cell.parameters())


def test_the_caller_s_arrays_are_not_written(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell, X = Memory(rng), rng.normal(size=(TREES.n_leaves, E))
    before = X.copy()
    leaves = mg.tensor(X, requires_grad=True)
    states = mg.fold(cell, TREES, leaves, mode)
    cotangent = np.ones(states.h.shape)
    states.h.backward(cotangent)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(leaves.data, before)
    np.testing.assert_array_equal(cotangent, 1)


def test_a_leaf_that_is_added_to_the_states_keeps_a_gradient_of_its_own(mode: str) -> None:
    """The sum hands one array to both, and what parents read is added to that of the states."""
    rng = np.random.default_rng(0)
    cell, X = Simple(rng), rng.normal(size=(TREES.n_leaves, E))
    w = rng.normal(size=(len(TREES.left), E))
    beside = mg.tensor(np.zeros(w.shape), requires_grad=True)
    mg.sum(w * (mg.fold(cell, TREES, X, mode).h + beside)).backward()
    np.testing.assert_array_equal(beside.grad, w)


def test_a_parameter_is_transposed_once_for_all_nodes(mode: str) -> None:
    states = mg.fold(Simple(np.random.default_rng(0)), TREES, np.ones((TREES.n_leaves, E)), mode)
    assert states.h.node is not None
    transposes = [node for node in reachable(states.h.node) if node.title == "transpose"]
    assert len(transposes) == (0 if mode == "compiled" else 2)
