from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import minigrad as mg
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Memory, Simple, ThreeParts
from tests.minigrad.fold_contract.forests import FIXED, PAIR, Trees, few, forests, grow
from tests.minigrad.fold_contract.reference import TOLERANCE, Arrays, Case, close, dense

cells = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
shapes = pytest.mark.parametrize("trees", FIXED.values(), ids=FIXED)


@cells
@shapes
def test_values_and_every_gradient_are_those_of_plain_recursion(
    cell: type[ContractCell], trees: Trees, mode: str
) -> None:
    case = Case(cell, trees)
    for got, expected in zip(case.fold(mode), _reference(cell, trees), strict=True):
        close(got, expected, 1e-12)


@functools.cache
def _reference(cell: type[ContractCell], trees: Trees, root_only: bool = False) -> tuple[Arrays, Arrays]:
    """What every mode has to give: found once, since a recursion for every element takes its time."""
    case = Case(cell, trees)
    return (case.root_only() if root_only else case).reference()


@cells
@shapes
def test_rows_hold_total_derivatives_when_the_loss_sees_only_the_roots(
    cell: type[ContractCell], trees: Trees, mode: str
) -> None:
    case = Case(cell, trees).root_only()
    _, got = case.fold(mode)
    close(got, _reference(cell, trees, root_only=True)[1], 1e-12)


@few
@given(forests)
def test_random_forests_agree_with_node_mode(mode: str, trees: Trees) -> None:
    for cell in CELLS:
        case = Case(cell, trees, seed=len(trees.left))
        for got, expected in zip(case.fold(mode), case.fold("node"), strict=True):
            close(got, expected, TOLERANCE[np.float64])


@few
@given(forests)
def test_random_forests_agree_with_plain_recursion(mode: str, trees: Trees) -> None:
    case = Case(Memory, trees, seed=len(trees.left))
    for got, expected in zip(case.fold(mode), case.reference(), strict=True):
        close(got, expected, 1e-12)


@pytest.mark.parametrize(
    "cell", [*CELLS[:3], *(pytest.param(cell, marks=pytest.mark.slow) for cell in CELLS[3:])]
)
@pytest.mark.parametrize("trees", [FIXED["leaves and trees"], FIXED["left and right chain"]])
def test_single_precision_agrees_with_node_mode_and_stays_single(
    cell: type[ContractCell], trees: Trees, mode: str
) -> None:
    case = Case(cell, trees, np.float32)
    for got, expected in zip(case.fold(mode), case.fold("node"), strict=True):
        close(got, expected, TOLERANCE[np.float32])
        assert {array.dtype for array in got.values()} == {np.dtype(np.float32)}


def test_leaf_rows_hold_derivatives_although_the_leaves_are_constants(mode: str) -> None:
    trees = FIXED["leaves and trees"]
    case = Case(Memory, trees)
    states = mg.fold(case.cell, trees, mg.tensor(case.L[case.words]), mode)
    mg.add(*(mg.sum(w * states[name]) for name, w in case.weights.items())).backward()
    expected = case.reference()[1]
    close({"h": dense(states.h), "c": dense(states.c)}, {"h": expected["∂h"], "c": expected["∂c"]}, 1e-12)


def test_rows_are_differentiated_through_every_part_of_the_loss_at_once(mode: str) -> None:
    """The loss reads rows twice, products of rows, and two parts of different width."""
    trees = grow((PAIR, None), PAIR)
    cell = ThreeParts(np.random.default_rng(1))
    X = np.random.default_rng(2).normal(size=(trees.n_leaves, E))

    def gradients(which: str) -> dict[str, Any]:
        cell.zero_grad()
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, which)
        h, s = mg.gather(states.h, [4, 4, 7]), mg.gather(states.s, [7, 4, 2])
        (mg.sum(h * h * s) + mg.sum(mg.exp(states.c)) + states.s[4, 0]).backward()
        names = {"leaves": leaves, **dict(cell.named_parameters()), **states}
        return {name: dense(tensor) for name, tensor in names.items()}

    got = gradients(mode)
    close(got, gradients("node"), 1e-12)
    states = mg.fold(cell, trees, X, "node")
    expected = np.exp(states.c.data)
    roots = trees.roots
    np.testing.assert_allclose(got["c"][roots], expected[roots], rtol=1e-12)


def test_a_second_backward_needs_a_retained_graph_and_repeats_the_rows(mode: str) -> None:
    trees = FIXED["leaves and trees"]
    case = Case(Memory, trees)
    states = mg.fold(case.cell, trees, case.L[case.words], mode)
    loss = mg.sum(case.weights["h"] * states.h)
    loss.backward(retain_graph=True)
    first = {name: dense(states[name]).copy() for name in states}
    loss.backward()
    close({name: dense(states[name]) for name in states}, first, 0)
    with pytest.raises(mg.GraphError, match="freed"):
        loss.backward()


def test_without_grad_the_values_are_the_same_and_there_is_no_graph(mode: str) -> None:
    case = Case(Memory, FIXED["leaves and trees"])
    with mg.no_grad():
        states = mg.fold(case.cell, case.trees, case.L[case.words], mode)
    close({name: states[name].data for name in states}, case.fold(mode)[0], 0)
    assert not states.h.requires_grad
    assert states.h.grad is None


def test_states_are_read_by_attribute_and_by_key(mode: str) -> None:
    states = mg.fold(Memory(np.random.default_rng(0)), grow(PAIR), np.zeros((2, E)), mode)
    assert list(states) == ["h", "c"]
    assert states["c"] is states.c
    assert len(states) == 2
    with pytest.raises(AttributeError, match=r"no part 'd'; they have h, c"):
        states.d  # noqa: B018


def test_plain_arrays_are_leaves(mode: str) -> None:
    cell = Simple(np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=(2, E))
    states = mg.fold(cell, grow(PAIR), X, mode)
    np.testing.assert_array_equal(states.h.data[:2], X)
