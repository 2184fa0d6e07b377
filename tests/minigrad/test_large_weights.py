"""Large weights, each multiplied on its own, packed once, and its gradient added up where it is wanted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.gradients import targets
from minigrad.fold.compiler.layout import LARGE, Layout
from minigrad.fold.compiler.passes import optimise
from minigrad.fold.compiler.run import compiled
from minigrad.fold.compiler.trace import trace
from minigrad.kernels import JIT_ENABLED
from minigrad.nn import Parameter
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Memory
from tests.minigrad.fold_contract.forests import FIXED, Trees
from tests.minigrad.fold_contract.reference import TOLERANCE, Case, close
from tests.minigrad.test_fold_compiled import BIG


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the contract's small weights count as large."""
    with monkeypatch.context() as m:
        m.setattr(sys.modules["minigrad.fold.compiler.layout"], "LARGE", 2)
        yield


class Awkward(ContractCell):
    """Products whose gradients belong to two weights, stand twice in one, are scaled, or are not turned."""

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))
    shapes = dict.fromkeys(("A", "B", "Twice", "Straight", "Both"), (E, E))

    def compose(self, left, right):
        one = left.h @ self.A.T + left.h @ self.B.T + 0.5 * right.c
        two = right.h @ self.Twice.T + right.h @ self.Twice.T
        three = left.c @ self.Straight + left.h @ self.Both + right.h @ self.Both.T
        return {"h": mg.tanh(one + two), "c": mg.tanh(three + one)}

    @staticmethod
    def reference(P, x, y):
        one = P["A"] @ x["h"] + P["B"] @ x["h"] + 0.5 * y["c"]
        two = 2 * P["Twice"] @ y["h"]
        three = P["Straight"].T @ x["c"] + P["Both"].T @ x["h"] + P["Both"] @ y["h"]
        return {"h": np.tanh(one + two), "c": np.tanh(three + one)}


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("trees", [FIXED["leaves and trees"], FIXED["left and right chain"]])
@pytest.mark.parametrize("kind", [*CELLS, Awkward], ids=lambda kind: kind.__name__)
def test_values_and_every_gradient_are_those_of_plain_recursion(
    kind: type[ContractCell], trees: Trees
) -> None:
    case = Case(kind, trees)
    for got, expected in zip(case.fold("compiled"), case.reference(), strict=True):
        close(got, expected, 1e-12)


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [Memory, Awkward])
def test_several_chunks_add_up(kind: type[ContractCell], dtype: Any) -> None:
    """The first product of a gradient overwrites what stood there, and all others add to it."""
    case = Case(kind, BIG, dtype)
    for got, expected in zip(case.fold("compiled"), case.fold("level"), strict=True):
        close(got, expected, TOLERANCE[dtype])


@pytest.mark.usefixtures("all_large")
def test_which_gradients_are_added_up_where_they_are_wanted() -> None:
    """All but those of a product that two weights share, or that is needed twice."""
    found = targets(Layout(optimise(trace(Awkward(np.random.default_rng(0)), np.float64))))
    assert {t.start // E**2: t.shape for t in found.values()} == {3: (E, E), 4: (E, E)}
    straight, first, second = found.values()
    assert [t.turned for t in (straight, first, second)].count(True) == 1, "of Both, one way of the two"
    assert (straight.first, first.first, second.first) == (True, True, False)


def test_a_cell_of_large_weights() -> None:
    """13 matrices, and as many sums over all nodes, without a matrix: also those of butterflies."""
    cell = models.RLSTM(LARGE, np.random.default_rng(0), dtype=np.float64)
    layout = Layout(optimise(trace(cell, np.float64)))
    for of in (layout.forward, layout.backward):
        assert len(of.matrices) == 13
        assert sum(map(len, of.rectangles)) == 13
    assert len(targets(layout)) == len(layout.weights) == 13
    trees = FIXED["leaves and trees"]
    X = np.random.default_rng(1).normal(size=(trees.n_leaves, LARGE))
    w = np.random.default_rng(2).normal(size=(len(trees.left), LARGE))
    found = {}
    for mode in ("compiled", "node"):
        cell.zero_grad()
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, mode)
        mg.sum(w * states.h).backward()
        tensors = {"leaves": leaves, **dict(cell.named_parameters()), "∂h": states.h, "∂c": states.c}
        found[mode] = {name: t.grad for name, t in tensors.items()} | {"h": states.h.data}
    close(found["compiled"], found["node"], 1e-12)


def test_small_weights_stand_together() -> None:
    layout = Layout(optimise(trace(models.RLSTM(LARGE - 1, np.random.default_rng(0)), np.float32)))
    assert len(layout.forward.matrices) == 7
    assert not targets(layout)


class Mixed(mg.Cell):
    """A large weight and a narrow one of the same operand."""

    parts = (mg.Part("h", LARGE), mg.Part("g", 3, leaf="zero"))

    def __init__(self, rng: np.random.Generator) -> None:
        self.W = Parameter(rng.normal(size=(LARGE, LARGE)) / 10)
        self.V = Parameter(rng.normal(size=(3, LARGE)) / 10)

    def compose(self, left, right):
        g = mg.tanh(left.h @ self.V.T + right.h @ self.V.T)
        return {"h": mg.tanh(left.h @ self.W.T + right.h @ self.W.T), "g": g + left.g}


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
def test_large_and_small_weights_of_one_operand() -> None:
    cell, trees = Mixed(np.random.default_rng(0)), FIXED["leaves and trees"]
    X = np.random.default_rng(1).normal(size=(trees.n_leaves, LARGE))
    found = {}
    for mode in ("compiled", "level"):
        cell.zero_grad()
        states = mg.fold(cell, trees, mg.tensor(X), mode)
        (mg.sum(states.h * states.h) + mg.sum(states.g)).backward()
        found[mode] = {"W": cell.W.grad, "V": cell.V.grad, "g": states.g.data}
    close(found["compiled"], found["level"], 1e-12)
    assert isinstance(compiled(cell, np.dtype(np.float64)), CompiledCell)
