"""Sums and differences of the children are computed where these are gathered, whatever else reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.passes import optimise
from minigrad.fold.compiler.run import compiled
from minigrad.fold.compiler.trace import trace
from tests.minigrad.fold_contract.cells import E
from tests.minigrad.fold_contract.forests import FIXED
from tests.minigrad.fold_contract.reference import close, dense


class Gathering(mg.Cell):
    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.W, self.V = (mg.nn.Parameter(rng.normal(size=(E, E))) for _ in range(2))


class IsTheState(Gathering):
    """Nothing else reads the children."""

    def compose(self, left, right):
        total, difference = left.h + right.h, left.c - right.c
        return {"h": total @ self.W + difference @ self.V, "c": total}


class ReadByLoops(Gathering):
    def compose(self, left, right):
        total, difference = left.h + right.h, left.c - right.c
        c = difference + mg.sigmoid(difference @ self.V) + mg.sum(total, axis=1, keepdims=True)
        return {"h": mg.tanh(total @ self.W) * total, "c": c}


class ReadInColumns(Gathering):
    def compose(self, left, right):
        total = left.h + right.h
        turned = mg.concat([total[:, 1:], total[:, :1]], axis=1)
        return {"h": total @ self.W, "c": turned @ self.V + left.c}


class OfOneChild(Gathering):
    def compose(self, left, right):
        twice, mixed = left.h + left.h, left.h - left.c
        return {"h": mg.tanh(twice @ self.W), "c": mixed @ self.V + mixed[:, 1:2]}


@pytest.mark.parametrize("kind", Gathering.__subclasses__())
def test_whatever_reads_a_sum_of_the_children(kind: Any) -> None:
    assert optimise(trace(kind())).gathered
    trees, found = FIXED["leaves and trees"], {}
    X = np.random.default_rng(1).normal(size=(trees.n_leaves, E))
    w = np.random.default_rng(2).normal(size=(2, len(trees.left), E))
    for mode in ("compiled", "node"):
        cell, leaves = kind(), mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, mode)
        (mg.sum(w[0] * states.h) + mg.sum(w[1] * states.c)).backward()
        found[mode] = {"h": states.h.data, "c": states.c.data, "∂h": states.h.grad, "∂c": states.c.grad}
        found[mode] |= {"leaves": leaves.grad, "W": dense(cell.W), "V": dense(cell.V)}
        assert mode == "node" or isinstance(compiled(cell, X.dtype), CompiledCell)
    close(found["compiled"], found["node"], 1e-12)
