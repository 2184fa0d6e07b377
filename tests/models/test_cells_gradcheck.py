"""Derivatives of RNN and RLSTM against finite differences: compose on rows, and whole folds."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.checks import assert_gradients
from minigrad.fold.schedule import MODES
from tests.models.test_cells import FOREST, D, cell, vectors, weights

kinds = pytest.mark.parametrize("kind", ["RNN", "RLSTM"])


def rows(n: int, seed: int) -> mg.Tensor:
    return mg.tensor(np.random.default_rng(seed).normal(size=(n, D)), requires_grad=True, name=f"rows{seed}")


@kinds
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softsign"])
@pytest.mark.parametrize("n", [1, 5])
def test_compose_is_differentiated_right_in_all_its_inputs(kind: str, activation: str, n: int) -> None:
    made = cell(kind, activation)
    parts = [{part.name: rows(n, 10 * k + place) for k, part in enumerate(made.parts)} for place in (0, 1)]
    is_leaf = np.zeros((n, 1), np.bool_)

    def compose() -> mg.Tensor:
        out = made.compose(mg.Child(parts[0], is_leaf), mg.Child(parts[1], is_leaf))
        return out if isinstance(out, mg.Tensor) else mg.concat([out[part.name] for part in made.parts])

    assert_gradients(compose, [*made.parameters(), *parts[0].values(), *parts[1].values()])


@kinds
def test_compose_of_no_rows_gives_no_rows_and_zero_gradients(kind: str) -> None:
    made = cell(kind)
    child = mg.Child({part.name: rows(0, 0) for part in made.parts}, np.zeros((0, 1), np.bool_))
    out = made.compose(child, child)
    h = out if isinstance(out, mg.Tensor) else out["h"]
    assert h.shape == (0, D)
    h.sum().backward()
    assert not any(np.any(parameter.grad) for parameter in made.parameters())


SLOW = {("RLSTM", "compiled")}  # the contract's cells are compiled anyway; this one takes ten seconds more


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        pytest.param(kind, mode, marks=[pytest.mark.slow] if (kind, mode) in SLOW else [])
        for kind in ("RNN", "RLSTM")
        for mode in MODES
    ],
)
def test_folds_with_shared_words_are_differentiated_right(kind: str, mode: str) -> None:
    made = cell(kind)
    L = mg.tensor(vectors(), requires_grad=True, name="L")
    words = FOREST.word[FOREST.leaves]
    assert len(set(words)) < len(words)

    def loss() -> mg.Tensor:
        states = mg.fold(made, FOREST, mg.gather(L, words), mode)
        return sum((mg.sum(weights(k) * states[part]) for k, part in enumerate(states)), start=mg.tensor(0.0))

    assert_gradients(loss, [*made.parameters(), L])
