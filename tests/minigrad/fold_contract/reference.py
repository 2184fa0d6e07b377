"""What a fold must give: plain recursion over NumPy vectors, differentiated by the complex step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from tests.minigrad.fold_contract.cells import ContractCell, E
from tests.minigrad.fold_contract.forests import Trees

STEP = 1e-30
TOLERANCE = {np.float64: 1e-12, np.float32: 2e-5}

Arrays = dict[str, np.ndarray]


def close(got: Arrays, expected: Arrays, tolerance: float) -> None:
    assert got.keys() == expected.keys()
    for name, b in expected.items():
        a = got[name]
        assert a.shape == b.shape, name
        worst, scale = np.max(np.abs(a - b), initial=0), np.max(np.abs(b), initial=0)
        assert worst <= tolerance * scale, f"{name}: {worst} of {scale}\n{a}\n{b}"


def recursion(
    cell: ContractCell, trees: Trees, leaves: np.ndarray, P: Arrays, nudges: Arrays | None = None
) -> Arrays:
    """The states of all nodes; `nudges` are added to a node's state once it has been composed."""
    states = {part.name: np.zeros((len(trees.left), part.width), complex) for part in cell.parts}
    number = np.cumsum(trees.left < 0) - 1

    def visit(row: int) -> dict[str, Any]:
        leaf = trees.left[row] < 0
        if leaf:
            composed = {
                p.name: leaves[number[row]] if p.leaf == "vector" else np.zeros(p.width) for p in cell.parts
            }
        else:
            composed = cell.reference(P, visit(trees.left[row]), visit(trees.right[row]))
        for name, value in composed.items():
            states[name][row] = value + (nudges[name][row] if nudges else 0)
        return {**{name: states[name][row] for name in states}, "is_leaf": leaf}

    for root in trees.roots:
        visit(root)
    return states


def derivatives(loss: Callable[[Arrays], Any], at: Arrays) -> Arrays:
    """∂loss/∂(every element), without the rounding of a difference."""
    out = {name: np.zeros(values.shape) for name, values in at.items()}
    for name, values in at.items():
        for index in np.ndindex(values.shape):
            moved = values.astype(complex)
            moved[index] += 1j * STEP
            out[name][index] = loss({**at, name: moved}).imag / STEP
    return out


class Case:
    """A cell, a forest, words from a table L, and a loss that weighs every row of some parts."""

    def __init__(
        self, cell: type[ContractCell], trees: Trees, dtype: Any = np.float64, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.trees = trees
        self.cell = cell(rng, dtype)
        self.L = rng.normal(size=(4, E)).astype(dtype)
        self.words = rng.integers(0, 4, trees.n_leaves)
        self.weights = {p.name: rng.normal(size=(len(trees.left), p.width)).astype(dtype) for p in cell.parts}

    def root_only(self) -> Case:
        """Let the loss see the first part of the roots, and nothing else."""
        first = self.cell.parts[0].name
        is_root = np.isin(np.arange(len(self.trees.left)), self.trees.roots)
        self.weights = {first: self.weights[first] * is_root[:, None]}
        return self

    def parameters(self) -> Arrays:
        return {name: p.data for name, p in self.cell.named_parameters()}

    def fold(self, mode: str) -> tuple[Arrays, Arrays]:
        """Values of all rows; gradients of parameters (by name), L, leaves, and all rows ("∂h")."""
        L = mg.tensor(self.L, requires_grad=True)
        leaves = mg.gather(L, self.words).retain_grad()
        self.cell.zero_grad()
        states = mg.fold(self.cell, self.trees, leaves, mode)
        terms = [mg.sum(w * states[name]) for name, w in self.weights.items()]
        sum(terms[1:], start=terms[0]).backward()
        gradients = {name: dense(p) for name, p in self.cell.named_parameters()}
        gradients |= {"L": dense(L), "leaves": dense(leaves)}
        gradients |= {f"∂{name}": dense(states[name]) for name in states}
        return {name: states[name].data for name in states}, gradients

    def reference(self) -> tuple[Arrays, Arrays]:
        def loss(at: Arrays) -> Any:
            leaves = at["L"][self.words] + at["leaves"]
            nudges = {p.name: at[f"∂{p.name}"] for p in self.cell.parts}
            states = recursion(self.cell, self.trees, leaves, at, nudges)
            return sum((w * states[name]).sum() for name, w in self.weights.items())

        zeros = {f"∂{p.name}": np.zeros((len(self.trees.left), p.width)) for p in self.cell.parts}
        at = {**self.parameters(), "L": self.L, "leaves": np.zeros((len(self.words), E)), **zeros}
        values = recursion(self.cell, self.trees, self.L[self.words], self.parameters())
        return {name: v.real for name, v in values.items()}, derivatives(loss, at)


def dense(tensor: mg.Tensor) -> np.ndarray:
    """A gradient as an array; None, for what the loss did not reach, as zeros."""
    if tensor.grad is None:
        return np.zeros(tensor.shape, tensor.dtype)
    return tensor.grad.dense() if isinstance(tensor.grad, mg.SparseRows) else tensor.grad
