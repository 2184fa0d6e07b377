"""fold: run a cell bottom-up over many trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np

from minigrad.context import thread
from minigrad.errors import GraphError, ShapeError
from minigrad.fold.cell import Cell, Child, Part, composed
from minigrad.fold.nary import NaryCell, NaryTrees, nary_states, warn_not_compiled
from minigrad.fold.rows import RowRun
from minigrad.fold.schedule import MODES, Tile, Trees
from minigrad.graph import Meta
from minigrad.ops.index import read_rows
from minigrad.tensor import Tensor, as_tensor

Array = np.ndarray


class NodeStates(Mapping[str, Tensor]):
    """The state of every node: one tensor (N, width) per part, by attribute or by key.

    After backward, row k of a part's ``.grad`` is the derivative of the loss with respect to that part of
    node k, through all that reads it: the ancestors, and the loss itself. For the hidden vector that is the
    total, the paper's error vector. Of a memory c, which the same node's h was computed from, it leaves out
    the path through that h: the other parts of the node are held fixed. The total is the gradient of the
    tensor that ``compose`` returned for c: call its ``retain_grad()`` there, and keep it (README.md here).
    """

    def __init__(self, parts: Mapping[str, Tensor]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> Tensor:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __reduce__(self) -> str:
        raise GraphError(
            "the states of a fold belong to its graph and can't be copied or pickled; copy their values, "
            "{name: state.numpy() for name, state in states.items()}, and gradients"
        )

    def __getattr__(self, name: str) -> Tensor:
        if name in self.__dict__.get("_parts", ()):
            return self._parts[name]
        raise AttributeError(f"the states have no part {name!r}; they have {', '.join(self._parts)}")


def fold(cell: Cell | NaryCell, forest: Trees | NaryTrees, leaves: Any, mode: str = "level") -> NodeStates:
    """Run `cell` over every inner node of a forest, children first; a `NaryCell` over every node.

    Parameters
    ----------
    cell : Cell or NaryCell
    forest : Trees or NaryTrees
        Binary trees as flat arrays, for instance `models.Forest`; for a NaryCell trees with any number of
        children and a word at every node, as `models.TreeForest`.
    leaves : tensor (number of leaves, width)
        The leaves' vectors, in the order of their rows; for a NaryCell those of all nodes.
    mode : "node", "level" or "compiled"
        Node by node, every op in the graph under the tree node's scope; all nodes of one height at once; or
        the cell traced and compiled, forward and backward, for all nodes, once for each state of what
        ``compose`` reads. Values and gradients are the same up to rounding. A cell with an op that can't be
        compiled, or that reads what could change unnoticed, runs as "level", after a warning; so does a
        NaryCell.

    Returns
    -------
    NodeStates
        One tensor (number of nodes, width) per state part.

    Raises
    ------
    ShapeError
        If `leaves` does not fit the forest and the cell, or ``compose`` returns another shape than the
        cell declares.
    GraphError
        If ``compose`` branches on a value or changes a tensor in place.
    ValueError
        If the mode is unknown, or a chain cell meets a right child that is not a leaf.
    TypeError
        If `cell` is no `Cell` or `forest` has no arrays left, right and height.
    """
    if mode not in MODES:
        raise ValueError(f"there is no mode {mode!r}; choose one of {', '.join(MODES)}")
    leaves = as_tensor(leaves)
    if isinstance(cell, NaryCell):
        return _nary(cell, forest, leaves, mode)
    trees = cast(Trees, forest)
    check(cell, trees, leaves)
    refusal = None
    if mode == "compiled":
        from minigrad.fold import compiler

        states = compiler.run(cell, trees, leaves)
        if isinstance(states, Mapping):
            return NodeStates(states)
        refusal = states
    run = _Run(cell, trees, leaves)
    state = thread.state
    with state.using(context=run, meta=state.meta):
        for tile in MODES[mode](trees):
            state.meta = Meta(tile)
            run.step(tile)
    if refusal is not None:  # a cell that is wrong has raised its own error by now
        compiler.warn(cell, refusal)
    return NodeStates({name: states.tensor for name, states in run.states.items()})


def _nary(cell: NaryCell, forest: Any, words: Tensor, mode: str) -> NodeStates:
    """Fold a cell of any number of children; errors as there."""
    states = nary_states(cell, forest, words, mode)
    if mode == "compiled":  # a cell that is wrong has raised its own error by now
        warn_not_compiled(cell)
    return NodeStates(states)


def check(cell: Cell, forest: Trees, leaves: Tensor) -> None:
    """Raise TypeError, ShapeError or ValueError unless leaves and trees fit the cell."""
    if not isinstance(cell, Cell):
        raise TypeError(f"fold: a cell is an instance of minigrad.Cell, not {cell!r}")
    if not all(isinstance(getattr(forest, rows, None), np.ndarray) for rows in ("left", "right", "height")):
        raise TypeError(
            "fold: a forest has arrays left, right and height, one row per node, as models.Forest does; "
            f"not {type(forest).__name__}"
        )
    n = int(np.count_nonzero(forest.left < 0))
    for part in cell.right_parts or cell.parts:
        if part.leaf == "vector" and leaves.shape != (n, part.width):
            raise ShapeError(
                f"fold: leaves {leaves.shape} for {n} leaves of width {part.width}, "
                f"as part {part.name!r} of {type(cell).__name__} declares"
            )
    check_chains(cell, forest)


def check_chains(cell: Cell, forest: Trees) -> None:
    """Raise ValueError if the cell reads inputs at right children and one of them is not a leaf."""
    if cell.right_parts is not None:
        inner = forest.right[forest.right >= 0]
        bad = inner[forest.left[inner] >= 0]
        if len(bad):
            describe = getattr(forest, "describe", "node {}".format)
            raise ValueError(
                f"{type(cell).__name__} reads an input at each right child, but "
                f"{describe(int(bad[0]))} is not a leaf; give it left-branching chains"
            )


class _Run(RowRun):
    """A fold over binary trees in mode node or level, while it runs."""

    def __init__(self, cell: Cell, forest: Trees, leaves: Tensor) -> None:
        super().__init__(cell.parts, len(forest.left), leaves.dtype)
        self._cell = cell
        self._left, self._right = forest.left, forest.right
        self._is_leaf = forest.left < 0
        self._leaves = leaves
        self._rows = rows = np.flatnonzero(self._is_leaf)
        if cell.right_parts is None:
            for part in cell.parts:
                if part.leaf == "vector":
                    self.states[part.name].write(rows, leaves)
        else:
            self._leaf_number = np.cumsum(self._is_leaf) - 1

    def step(self, tile: Tile) -> None:
        """Compute the nodes of a tile, whose children have been computed."""
        rows = self.begin(tile)
        left, right = self._left[rows], self._right[rows]
        parent = composed(self._cell, self._read(left), self._read_right(right))
        self.end(tile, parent, type(self._cell).__name__)

    def _read(self, rows: Array) -> Child:
        parts = {name: states.read(rows) for name, states in self.states.items()}
        return Child(parts, self._is_leaf[rows][:, None])  # faster than [rows, None]

    def _read_right(self, rows: Array) -> Child:
        if self._cell.right_parts is None:
            return self._read(rows)
        numbers = self._leaf_number[rows]
        parts = {part.name: self._leaf_part(part, numbers) for part in self._cell.right_parts}
        return Child(parts, self._is_leaf[rows][:, None])  # faster than [rows, None]

    def _leaf_part(self, part: Part, numbers: Array) -> Tensor:
        if part.leaf == "vector":
            return read_rows(self._leaves, rows=numbers)
        return Tensor(np.zeros((len(numbers), part.width), self._leaves.dtype))
