"""Recurrent networks as folds over left-branching chains, and depth."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from models.forest import Forest
from models.tree import Tree
from tests.minigrad.fold_contract.cells import E, Simple, σ
from tests.minigrad.fold_contract.forests import Trees, grow, left_chain, right_chain
from tests.minigrad.fold_contract.reference import Arrays, close, dense, derivatives

D, WORD = 4, 2
CHAINS = grow((((None, None), None), None), None, (None, None))  # 4 leaves, 1 leaf, 2 leaves


class Recurrent(mg.Cell):
    """h = σ(x V) ⊙ tanh(x U + h W + b), with a count of steps as a second part; words are narrower."""

    parts = (mg.Part("h", D), mg.Part("n", 1))
    right_parts = (mg.Part("x", WORD), mg.Part("zero", 3, leaf="zero"))

    def __init__(self, rng: np.random.Generator) -> None:
        self.U, self.V = Parameter(rng.normal(size=(D, WORD))), Parameter(rng.normal(size=(D, WORD)))
        self.W, self.b = Parameter(rng.normal(size=(D, D))), Parameter(rng.normal(size=D))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        assert right.is_leaf.all()
        assert right.zero.shape == (len(right.x), 3)
        h = mg.tanh(right.x @ self.U.T + left.h @ self.W.T + self.b)
        return {"h": mg.sigmoid(right.x @ self.V.T) * h, "n": left.n + 1}


def loop(P: Arrays, words: np.ndarray) -> list[Any]:
    """The same network as everyone writes it; the first word of a chain is not read."""
    h = np.zeros(D)
    states = [h]
    for x in words[1:]:
        h = σ(P["V"] @ x) * np.tanh(P["U"] @ x + P["W"] @ h + P["b"])
        states.append(h)
    return states


def test_a_recurrent_cell_agrees_with_a_plain_loop(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell = Recurrent(rng)
    X = rng.normal(size=(7, WORD))
    w = rng.normal(size=(len(CHAINS.left), D))
    leaves = mg.tensor(X, requires_grad=True)
    states = mg.fold(cell, CHAINS, leaves, mode)
    mg.sum(w * states.h).backward()
    rows = [[0, 2, 4, 6], [7], [8, 10]]

    def loss(at: Arrays) -> Any:
        sentences = (at["X"][:4], at["X"][4:5], at["X"][5:])
        return sum(
            w[row] @ h
            for where, words in zip(rows, sentences, strict=True)
            for row, h in zip(where, loop(at, words), strict=True)
        )

    P = {name: p.data for name, p in cell.named_parameters()}
    np.testing.assert_allclose(states.h.data[[0, 2, 4, 6]], loop(P, X[:4]), rtol=1e-12)
    assert not states.h.data[CHAINS.left < 0].any()
    assert states.n.data[[6, 7, 10], 0].tolist() == [3, 0, 1]
    got = {name: dense(p) for name, p in cell.named_parameters()}
    close({**got, "X": dense(leaves)}, derivatives(loss, {**P, "X": X}), 1e-12)


def test_rows_of_a_recurrent_cell_hold_total_derivatives(mode: str) -> None:
    rng = np.random.default_rng(0)
    cell = Recurrent(rng)
    X, w = rng.normal(size=(7, WORD)), rng.normal(size=D)
    states = mg.fold(cell, CHAINS, X, mode)
    (states.h[6] @ w).backward()
    P = {name: p.data for name, p in cell.named_parameters()}

    def last(at: Arrays) -> Any:
        h = np.zeros(D) + at["d"][0]
        for x, d in zip(X[1:4], at["d"][1:], strict=True):
            h = σ(P["V"] @ x) * np.tanh(P["U"] @ x + P["W"] @ h + P["b"]) + d
        return w @ h

    expected = np.zeros(states.h.shape)
    expected[[0, 2, 4, 6]] = derivatives(last, {"d": np.zeros((4, D))})["d"]
    close({"h": dense(states.h)}, {"h": expected}, 1e-12)


@pytest.mark.parametrize(
    ("trees", "node"),
    [
        (grow((None, (None, None))), "node 3 is not a leaf"),
        (Forest([Tree.parse("(1 (1 a) (1 (1 b) (1 c)))")]), "node 4 of tree 1, 'b c' is not a leaf"),
    ],
    ids=["bare arrays", "Forest"],
)
def test_a_right_child_that_is_no_word_is_named(trees: Trees, node: str, mode: str) -> None:
    leaves = np.zeros((int((trees.left < 0).sum()), WORD))
    with pytest.raises(ValueError, match=f"Recurrent reads an input.*{node}.*left-branching") as caught:
        mg.fold(Recurrent(np.random.default_rng(0)), trees, leaves, mode)
    assert not isinstance(caught.value, mg.ShapeError)


def test_words_of_another_width_than_declared_are_refused(mode: str) -> None:
    with pytest.raises(mg.ShapeError, match=r"leaves \(7, 4\) for 7 leaves of width 2.*'x' of Recurrent"):
        mg.fold(Recurrent(np.random.default_rng(0)), CHAINS, np.zeros((7, D)), mode)


@pytest.mark.parametrize("chain", [left_chain, right_chain])
def test_long_chains_need_no_recursion(chain: Any, mode: str) -> None:
    n = 2_500
    assert n > 2 * sys.getrecursionlimit()
    trees = chain(n)
    rng = np.random.default_rng(0)
    cell = Simple(rng)
    X = rng.normal(size=(n, E))
    leaves = mg.tensor(X, requires_grad=True)
    states = mg.fold(cell, trees, leaves, mode)
    states.h[-1].sum().backward()

    order = np.flatnonzero(trees.left >= 0)
    h, g = np.zeros((len(trees.left), E)), np.zeros((len(trees.left), E))
    h[trees.left < 0] = X
    W1, W2, b = cell.W1.data, cell.W2.data, cell.b.data
    for row in order:
        h[row] = np.tanh(W1 @ h[trees.left[row]] + W2 @ h[trees.right[row]] + b)
    g[-1] = 1
    for row in order[::-1]:
        inside = g[row] * (1 - h[row] ** 2)
        g[trees.left[row]] += W1.T @ inside
        g[trees.right[row]] += W2.T @ inside
    close({"values": states.h.data}, {"values": h}, 1e-12)
    close({"rows": dense(states.h), "leaves": dense(leaves)}, {"rows": g, "leaves": g[trees.left < 0]}, 1e-12)
