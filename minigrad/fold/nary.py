"""Cells with a word at every node and any number of children, and the fold over their trees."""

from __future__ import annotations

import dis
import warnings
import weakref
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from minigrad.errors import CompileWarning, ShapeError
from minigrad.fold.cell import MissingParts, Part, named_parts
from minigrad.fold.children import Children
from minigrad.fold.rows import RowRun
from minigrad.fold.schedule import Levelled, Tile
from minigrad.graph import Meta
from minigrad.nn import Module
from minigrad.ops.index import read_rows
from minigrad.tensor import Tensor

Array = np.ndarray


class NaryTrees(Levelled, Protocol):
    """The shape of a forest of such trees, one row per node; a node's children have earlier rows.

    The children of row k are ``child[offset[k] : offset[k + 1]]``; ``height`` is 0 where there are none. A
    method ``describe(row)`` may name a node.
    """

    child: Array
    offset: Array


class NaryCell(Module):
    """A composition function p = F(x, children) of a node's own vector and any number of children.

    A subclass sets ``parts`` and ``word_width`` and writes ``compose`` with ordinary tensor operations on
    rows. It is called for every node, those without children too.

    Attributes
    ----------
    parts : tuple of Part
        The state of a node; what a Part says about leaves is not read.
    word_width : int
        Of a node's own vector.
    """

    parts: tuple[Part, ...] = MissingParts()  # type: ignore[assignment]
    right_parts = None
    word_width: int

    def compose(self, word: Tensor, children: Children) -> Tensor | Mapping[str, Tensor]:
        """Return the node's state: {part name: tensor (rows, width)}, or one tensor for a single part."""
        raise NotImplementedError(
            f"{type(self).__name__} has no compose(self, word, children), which returns a node's state"
        )


def nary_states(cell: NaryCell, forest: NaryTrees, words: Tensor, mode: str) -> dict[str, Tensor]:
    """Return the states of all nodes in mode "node" or "level", as `fold` does.

    Parameters
    ----------
    cell : NaryCell
    forest : NaryTrees
    words : tensor (number of nodes, word_width)
    mode : str
        Any other than "node" runs as "level".
    """
    if not all(isinstance(getattr(forest, rows, None), Array) for rows in ("child", "offset", "height")):
        raise TypeError(
            "fold: a forest for this cell has arrays child, offset and height, as models.TreeForest does; "
            f"not {type(forest).__name__}"
        )
    n = len(forest.height)
    if words.shape != (n, cell.word_width):
        raise ShapeError(
            f"fold: words {words.shape} for {n} nodes of width {cell.word_width}, as {type(cell).__name__} "
            "declares"
        )
    run = _NaryRun(cell, forest, words)
    with run.state.using(context=run, meta=run.state.meta):
        for tile in _by_node(forest) if mode == "node" else _by_level(forest):
            run.state.meta = Meta(tile)
            run.step(tile)
    return {name: states.tensor for name, states in run.states.items()}


def _by_node(forest: NaryTrees) -> Iterator[Tile]:
    for rows in np.arange(len(forest.height))[:, None]:  # of one row each
        yield Tile(rows, forest)


def _by_level(forest: NaryTrees) -> Iterator[Tile]:
    order, start = np.argsort(forest.height, kind="stable"), 0
    for count in np.bincount(forest.height):
        yield Tile(order[start : start + count], forest)
        start += count


class _NaryRun(RowRun):
    """A fold over such trees, while it runs."""

    def __init__(self, cell: NaryCell, forest: NaryTrees, words: Tensor) -> None:
        super().__init__(cell.parts, len(forest.height), words.dtype)
        self._cell, self._words = cell, words
        self._child, self._offset = forest.child, forest.offset

    def step(self, tile: Tile) -> None:
        """Compute the nodes of a tile, whose children have been computed."""
        rows = self.begin(tile)
        start = self._offset[rows]
        counts = self._offset[rows + 1] - start
        before = np.cumsum(counts) - counts
        places = np.repeat(start - before, counts) + np.arange(counts.sum())
        below = self._child[places]
        children = Children({name: states.read(below) for name, states in self.states.items()}, counts)
        found = self._cell.compose(read_rows(self._words, rows=rows), children)
        self.end(tile, named_parts(self._cell, found), type(self._cell).__name__)


_warned: weakref.WeakSet[type] = weakref.WeakSet()


def warn_not_compiled(cell: NaryCell) -> None:
    """Warn that a cell runs as "level", once for its class, at the line of compose that reads children."""
    kind = type(cell)
    if kind in _warned:
        return
    _warned.add(kind)
    file, line = _reads_children(kind.compose)
    text = (
        f'{kind.__name__} can\'t be compiled and runs with mode="level": its nodes have any number of '
        'children, and compiled code reads two; pass mode="level", which needs no compilation'
    )
    warnings.warn_explicit(text, CompileWarning, file, line, kind.__module__)


def _reads_children(compose: Any) -> tuple[str, int]:
    """Return the file and the line where a compose reads its children first, or where it begins."""
    code = compose.__code__
    name = code.co_varnames[2] if code.co_argcount > 2 else ""
    for instruction in dis.get_instructions(code):
        read, place = instruction.argval, instruction.positions
        is_name = read == name or (type(read) is tuple and name in read)  # Python 3.13 loads two at once
        if is_name and instruction.opname.startswith("LOAD_FAST") and place is not None and place.lineno:
            return code.co_filename, place.lineno
    return code.co_filename, code.co_firstlineno
