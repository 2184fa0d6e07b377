"""Whether nodes that a cell computes together change each other."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cell_report import difference
from models.cell_trial import AnyForest, Arrays, Trial, gradient_of, values_of
from models.dependencies import DependencyTree
from models.tree import Tree

# In the first one no two inner nodes have the same height, so each is computed alone in every mode.
TREES = [Tree.parse(text) for text in ("((((a) (b)) (c)) (d))", "(((b) (d)) ((e) (a)))", "((e) ((c) (a)))")]
DEPENDENCIES = [
    DependencyTree(list("abcd"), heads)
    for heads in ([1, 2, 3, -1], [1, -1, 1, 1], [-1, 0, 0, 2], [3, 3, 3, -1], [2, 0, -1, 2])
]
ADVICE = (
    "Each row of what compose reads is another node: reduce along axis 1, not along axis 0,\n"
    "and compute nothing from the number of rows."
)


def mixing(cell: Any, mode: str, tolerance: float, seed: int) -> str | None:
    """Return in plain words how a node's numbers change if others are computed with it; None if they don't.

    Mode "node" computes every node alone. `mode` is compared with it over trees that have several nodes of
    each height, and, to be sure that the other nodes are the cause, over one that has only one of each.

    Parameters
    ----------
    cell : Cell, NaryCell or Encoder
        Of float64.
    mode : str
    tolerance : float
        Of a tensor's largest element.
    seed : int
        Of word vectors and weights.
    """
    trees: list[Any] = trees_for(cell)
    together, alone, forest = _both(cell, trees, mode, seed)
    problem, _ = difference(together, alone, tolerance)
    if problem is None:
        return None
    if difference(*_both(cell, trees[:1], mode, seed)[:2], tolerance)[0]:
        # Other nodes do not matter here; but compiled code of a cell that mixes them is wrong for one, too.
        return (mixing(cell, "level", tolerance, seed) if mode == "compiled" else None) or problem
    parts = [part.name for part in cell.parts]
    for name in (*map(values_of, parts), *(gradient_of(f"the nodes' {part}") for part in parts)):
        a, b = together[name], alone[name]
        changed = ~(np.abs(a - b) <= tolerance * np.nanmax(np.abs(b)))
        if changed.any():
            # The lowest node: those above it have inherited the change.
            row, column = min(np.argwhere(changed).tolist(), key=lambda place: forest.height[place[0]])
            others = np.count_nonzero(forest.height == forest.height[row]) - 1
            return (
                f"compose mixes nodes: element {column} of {name} at '{forest.span(row)}' is "
                f"{a[row, column]:.6g} together with {others} other nodes, {b[row, column]:.6g} alone.\n"
            ) + ADVICE
    return f"compose mixes nodes: {problem}, but not if every node is computed alone.\n{ADVICE}"


def trees_for(cell: Any) -> list[Any]:
    """Return trees that a cell can read; in the first no two nodes that it computes have the same height."""
    return list(DEPENDENCIES if isinstance(cell, mg.NaryCell) else TREES)


def _both(cell: Any, trees: list[Any], mode: str, seed: int) -> tuple[Arrays, Arrays, AnyForest]:
    """Return what a mode finds over some trees, what mode "node" finds there, and the trees."""
    trial = Trial(cell, trees, None, np.random.default_rng(seed))
    return trial.run(cell, mode, np.float64), trial.run(cell, "node", np.float64), trial.forest
