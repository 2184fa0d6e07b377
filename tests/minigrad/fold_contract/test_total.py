"""What `.grad` of a state counts, and the way to the total, beside finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from tests.minigrad.fold_contract.forests import grow

FOREST = grow(((None, None), (None, (None, None))), (None, None))
D = 2


class Memory(mg.Cell):
    """c = tanh(Wx + Vy) + cx/2 + cy/3;  h = c ⊙ σ(Uc); something may be added to either."""

    parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))

    def __init__(self, rng: np.random.Generator) -> None:
        self.W, self.V, self.U = (Parameter(rng.normal(size=(D, D))) for _ in range(3))
        self.added: dict[str, Any] = {}
        self.rows: list[int] = []
        self.memories: list[mg.Tensor] = []
        self.calls = 0

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        number, self.calls = self.calls, self.calls + 1

        def add(x: mg.Tensor, name: str) -> mg.Tensor:
            at, delta = self.added.get(name, (-1, None))
            return x + delta if number == at else x

        c = mg.tanh(left.h @ self.W.T + right.h @ self.V.T) + left.c * 0.5 + right.c / 3.0
        c = add(c, "c, which h reads")
        h = c * mg.sigmoid(c @ self.U.T)
        return {"h": add(h, "h"), "c": add(c, "c")}


class Kept(Memory):
    """The two lines."""

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        state = super().compose(left, right)
        state["c"].retain_grad()
        self.memories.append(state["c"])
        return state


def _loss(states: mg.NodeStates) -> mg.Tensor:
    weights = np.random.default_rng(2).normal(size=(len(FOREST.left), 2 * D))
    return (states.h * weights[:, :D]).sum() + (mg.tanh(states.c) * weights[:, D:]).sum()


def _leaves() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(FOREST.n_leaves, D))


def _differences(name: str, call: int) -> np.ndarray:
    """∂J/∂ what is added at one node."""
    found = []
    for j in range(D):
        values = []
        for sign in (1e-6, -1e-6):
            cell = Memory(np.random.default_rng(0))
            cell.added[name] = call, sign * np.eye(D)[j : j + 1]
            values.append(_loss(mg.fold(cell, FOREST, _leaves(), "node")).item())
        found.append((values[0] - values[1]) / 2e-6)
    return np.array(found)


@pytest.mark.parametrize("mode", ["node", "level"])
def test_a_memorys_gradient_leaves_out_its_own_nodes_h_and_the_tensor_in_compose_has_the_total(
    mode: str,
) -> None:
    cell = Kept(np.random.default_rng(0))
    states = mg.fold(cell, FOREST, _leaves(), mode)
    _loss(states).backward()
    inner = np.flatnonzero(FOREST.left >= 0)  # in this order mode node computes them, and level by height
    order = inner if mode == "node" else inner[np.argsort(FOREST.height[inner], kind="stable")]
    totals = np.concatenate([np.asarray(memory.grad) for memory in cell.memories])
    assert totals.shape == (len(inner), D)
    h, c = (np.asarray(states[name].grad) for name in "hc")
    for row, total in zip(order, totals, strict=True):
        for found, name in ((h[row], "h"), (c[row], "c"), (total, "c, which h reads")):
            differences = _differences(name, int(np.searchsorted(inner, row)))
            np.testing.assert_allclose(found, differences, rtol=1e-7, atol=1e-9)
        assert np.abs(total - c[row]).max() > 1e-3
