"""A cell's NumPy text, which is the reference, beside its machine code: values and all gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.run import compiled
from minigrad.kernels import JIT_ENABLED
from models.cells import CELLS as MODELS
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Memory, Simple
from tests.minigrad.fold_contract.forests import FIXED, PAIR, Trees, grow
from tests.minigrad.fold_contract.reference import TOLERANCE, Arrays, Case, close, dense
from tests.minigrad.test_fold_compiled import BIG, Chain, Dropped, random_trees

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is nothing but the text")
TREES = random_trees(5, [1, 7, 2, 40, 12])
each = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def both(
    cell: mg.Cell, dtype: Any, run: Callable[[], Arrays], monkeypatch: pytest.MonkeyPatch
) -> list[Arrays]:
    """Return what a run gives by machine code, and by the text."""
    code = compiled(cell, np.dtype(dtype))
    assert isinstance(code, CompiledCell)
    assert code.addresses
    found = [run()]
    with monkeypatch.context() as m:
        m.setattr(code, "addresses", ())
        m.setattr(code, "_functions", {})
        found.append(run())
        assert "_reference" in vars(code), "the text was run"
    return found


def joined(case: Case) -> Arrays:
    values, gradients = case.fold("compiled")
    return {**{f"{name} itself": value for name, value in values.items()}, **gradients}


@each
@pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("trees", [FIXED["left and right chain"], TREES, BIG], ids=["few", "some", "chunks"])
def test_cells(kind: type[ContractCell], dtype: Any, trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(kind, trees, dtype)
    close(*both(case.cell, dtype, lambda: joined(case), monkeypatch), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", sorted(name for name, kind in MODELS.items() if issubclass(kind, mg.Cell)))
def test_cells_of_models(name: str, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a width that is no multiple of a vector's, and with children that read words alone."""
    cell = MODELS[name](19, np.random.default_rng(0), dtype=dtype)
    trees = random_trees(0, [9, 1, 30], "left_chain") if cell.right_parts else TREES
    rng = np.random.default_rng(1)
    width = next(p.width for p in cell.right_parts or cell.parts if p.leaf == "vector")
    X = rng.normal(size=(trees.n_leaves, width)).astype(dtype)
    w = rng.normal(size=(len(trees.left), cell.parts[0].width)).astype(dtype)

    def run() -> Arrays:
        cell.zero_grad()
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, "compiled")
        mg.sum(w * states[cell.parts[0].name]).backward()
        tensors = {"leaves": leaves, **dict(cell.named_parameters())}
        tensors |= {f"∂{part}": state for part, state in states.items()}  # a memory's is completed here
        values = {part: state.data for part, state in states.items()}
        return {**values, **{name: dense(tensor) for name, tensor in tensors.items()}}

    close(*both(cell, dtype, run, monkeypatch), 10 * TOLERANCE[dtype])


@each
def test_chains(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Chain(np.random.default_rng(0), dtype)
    trees = random_trees(0, [200, 1, 3], "left_chain")
    rng = np.random.default_rng(1)
    X = rng.normal(size=(204, 2)).astype(dtype)
    w = rng.normal(size=(len(trees.left), 4)).astype(dtype)

    def run() -> Arrays:
        cell.zero_grad()
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, "compiled")
        (mg.sum(w * states.h) + mg.sum(states.n)).backward()
        tensors = {"leaves": leaves, **dict(cell.named_parameters()), **states}
        return {**{name: dense(t) for name, t in tensors.items()}, "values": states.h.data}

    close(*both(cell, dtype, run, monkeypatch), TOLERANCE[dtype])


@each
def test_dropout(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Dropped, BIG, dtype)
    case.cell.generator = np.random.default_rng()

    def run() -> Arrays:
        case.cell.generator.bit_generator.state = np.random.default_rng(3).bit_generator.state
        return joined(case)

    close(*both(case.cell, dtype, run, monkeypatch), TOLERANCE[dtype])


@each
def test_a_look_later_and_two_losses(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory's derivatives are completed by another pass, and a loss on inner nodes is added to."""
    case = Case(Memory, BIG, dtype)

    def run() -> Arrays:
        states = mg.fold(case.cell, BIG, mg.tensor(case.L[case.words], requires_grad=True), "compiled")
        found = {}
        for name, loss in {"h": mg.sum(case.weights["h"] * states.h), "c": mg.sum(states.c)}.items():
            loss.backward(retain_graph=True)
            found |= {f"{name} {part}": dense(states[part]).copy() for part in states}
        return found

    close(*both(case.cell, dtype, run, monkeypatch), TOLERANCE[dtype])


def test_evaluation_and_training_give_the_same_states(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Simple, BIG)

    def run() -> Arrays:
        with mg.no_grad():
            return {"h": mg.fold(case.cell, BIG, case.L[case.words], "compiled").h.data}

    for found in both(case.cell, np.float64, run, monkeypatch):
        close(found, {"h": case.fold("node")[0]["h"]}, 1e-12)


def test_the_text_can_be_run_as_it_is_printed() -> None:
    """A reader calls `forward` of what `fold_source` gives, and gets the states."""
    cell = Simple(np.random.default_rng(0))
    scope: dict[str, Any] = {}
    exec(mg.fold_source(cell), scope)
    X = np.random.default_rng(1).normal(size=(2, E))
    states = np.zeros(3 * E)
    tiles, nodes = np.array([[0, 0, 0, 0, 1]]), np.array([[2, 0, 1, 1, 1]])
    parameters = {name: p.data for name, p in cell.named_parameters()}
    kept = {"K": np.zeros((1, 64))}
    leaves = np.array([0, 1])
    scope["forward"](True, tiles, nodes, leaves, leaves, X, states, np.empty(0, bool), kept, parameters)
    expected = mg.fold(cell, grow(PAIR), X, "node").h.data
    np.testing.assert_allclose(states.reshape(3, E), expected, rtol=1e-12)
