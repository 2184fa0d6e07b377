"""A cell run over a forest: all values and gradients by name, for `check_cell`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.cotangent import as_dense
from minigrad.nn import Module
from models.cells import encode, word_width
from models.chains import as_chains
from models.forest import Forest
from models.tree_forest import TreeForest

AnyForest = Forest | TreeForest
Loss = Callable[[mg.NodeStates, Any], mg.Tensor]
Arrays = dict[str, np.ndarray]


class Trial:
    """A forest with word vectors and a loss, over which a cell and its copies are run.

    Parameters
    ----------
    cell : Cell, NaryCell or Encoder
        Says how wide words and states are, and whether the trees become chains.
    trees : Forest or list of Tree; for a NaryCell TreeForest or list of DependencyTree
    loss : function (states, forest) -> scalar tensor, or None
        None: a random weighted sum of all numbers in all states.
    rng : numpy.random.Generator
        Draws word vectors and weights.
    """

    def __init__(
        self, cell: Any, trees: AnyForest | list[Any], loss: Loss | None, rng: np.random.Generator
    ) -> None:
        self.forest = forest = forest_for(cell, trees)
        self.words = rng.normal(size=(len(forest.vocabulary), word_width(cell)))
        self._weights = {p.name: rng.normal(size=(forest.n_nodes, p.width)) for p in cell.parts}
        self._loss = loss or self._weighted

    def _weighted(self, states: mg.NodeStates, forest: AnyForest) -> mg.Tensor:
        terms = [mg.sum(self._weights[name].astype(states[name].dtype) * states[name]) for name in states]
        return sum(terms[1:], start=terms[0])

    def forward(self, cell: Any, L: mg.Tensor, mode: str) -> tuple[mg.Tensor, mg.NodeStates]:
        """Return the loss and all states, given the words' vectors L; dropout masks are always the same."""
        with rewound(cell):
            leaves = mg.gather(L, self.forest.word[self.forest.tokens])
            states = encode(cell, self.forest, leaves, mode)
            return self._loss(states, self.forest), states

    def run(self, cell: Any, mode: str, dtype: Any) -> Arrays:
        """Return values and gradients by name."""
        L = mg.tensor(self.words.astype(dtype), requires_grad=True)
        cell.zero_grad()
        loss, states = self.forward(cell, L, mode)
        loss.backward()
        sources = {**dict(cell.named_parameters()), "the words": L}
        sources |= {f"the nodes' {name}": states[name] for name in states}
        values = {values_of(name): states[name].data for name in states}
        return values | {gradient_of(name): _dense(tensor) for name, tensor in sources.items()}


def forest_for(cell: Any, trees: AnyForest | list[Any]) -> AnyForest:
    """Return trees as a forest that a cell can read; one of another kind is refused when the cell runs."""
    if isinstance(trees, TreeForest):
        return trees
    if isinstance(cell, mg.NaryCell) and not isinstance(trees, Forest):
        return TreeForest(trees)
    forest = trees if isinstance(trees, Forest) else Forest(trees)
    return forest if cell.right_parts is None else as_chains(forest)


def values_of(part: str) -> str:
    """Return what a part's values are called."""
    return f"the values of {part}"


def gradient_of(name: str) -> str:
    """Return what a gradient is called."""
    return f"the gradient with respect to {name}"


@contextmanager
def rewound(module: Module) -> Iterator[None]:
    """Restore the state of a module's random generators, used for dropout, at the end of the block."""
    found = [v for _, m in module._modules() for v in vars(m).values() if isinstance(v, np.random.Generator)]
    states = [copy.deepcopy(rng.bit_generator.state) for rng in found]
    try:
        yield
    finally:
        for rng, state in zip(found, states, strict=True):
            rng.bit_generator.state = state


def _dense(tensor: mg.Tensor) -> np.ndarray:
    if tensor.grad is None:  # the loss does not depend on it
        return np.zeros(tensor.shape, tensor.dtype)
    return np.array(as_dense(tensor.grad))
