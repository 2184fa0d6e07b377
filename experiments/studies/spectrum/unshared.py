"""A recurrent network with a different matrix at every step, to compare weight sharing with."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from minigrad.fold.state import States
from minigrad.nn import Parameter
from minigrad.tensor import as_tensor
from models.cells.activations import activation


class Unshared(models.Encoder):
    """h_t = f(W_t h_{t−1} + U x_t + b): an Elman network whose recurrent matrix is not shared over time.

    Only the recurrent matrix differs from step to step, since it is the one that backward multiplies by at
    every step.

    Parameters
    ----------
    W : (T, D, D) array
        The matrices of the steps; their dtype is the network's. A chain has at most T words.
    U : (D, E) array
    f : str
        As in `models.Elman`.

    Notes
    -----
    ``W1`` … ``WT``: (D, D), ``U``: (D, E), ``b``: (D,), which starts at 0. One state part, ``h``, with h_0
    = 0. Unlike that of other encoders its ``.grad`` is the total derivative with respect to a node's state,
    as after a fold: there is one recurrence, and it goes through all nodes.
    """

    def __init__(self, W: np.ndarray, U: np.ndarray, f: str = "tanh") -> None:
        D, E = U.shape
        self.parts = (mg.Part("h", D, leaf="zero"),)
        self.right_parts = (mg.Part("x", E),)
        self.f, self.activation = activation(f), f
        self.steps = len(W)
        for t, matrix in enumerate(W, 1):
            setattr(self, f"W{t}", Parameter(matrix.copy()))
        self.U = Parameter(U.astype(W.dtype))
        self.b = Parameter(np.zeros(D, W.dtype))

    def matrices(self) -> list[Parameter]:
        """Return W1 … WT."""
        return [getattr(self, f"W{t}") for t in range(1, self.steps + 1)]

    def fold(self, forest: models.Forest, leaves: Any, mode: str = "level") -> mg.NodeStates:
        """Return the states of all nodes, step by step over all chains at once; there is no other mode.

        Raises
        ------
        ValueError
            If a chain has more words than there are matrices.
        """
        length = int(forest.height.max())
        if length > self.steps:
            raise ValueError(f"a chain of {length} words needs as many matrices; there are {self.steps}")
        position = forest.height  # of the node of a left-branching chain: the words that it has read
        number = np.cumsum(forest.left < 0) - 1  # of a leaf's row
        words = as_tensor(leaves) @ self.U.T + self.b
        h = States("h", forest.n_nodes, self.parts[0].width, words.dtype)
        for t, W in enumerate(self.matrices()[:length], 1):
            rows = np.flatnonzero(position == t)
            x = mg.gather(words, number[forest.right[rows]])
            h.write(rows, self.f(h.read(forest.left[rows]) @ W.T + x))
        return mg.NodeStates({"h": h.tensor})
