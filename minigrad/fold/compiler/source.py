"""What a cell is compiled to, as text."""

from __future__ import annotations

from typing import Any

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.numpy_text import NumpyText
from minigrad.fold.compiler.passes import optimise
from minigrad.fold.compiler.trace import trace


def fold_source(cell: Cell, dtype: Any = None) -> str:
    """Return what ``fold(cell, mode="compiled")`` computes, as a Python module with NumPy.

    The machine code does the same in the same order; nothing is compiled here.

    Parameters
    ----------
    cell : Cell
    dtype
        float32 or float64; that of the cell's parameters if left out.

    Raises
    ------
    UnsupportedError
        If the cell uses an op without an emission rule; the text names it.
    GraphError
        If ``compose`` branches on a value or changes a tensor in place.
    TypeError
        If the parameters have another dtype.
    """
    traced = trace(cell, dtype)
    return NumpyText(optimise(traced)).source(f"{type(cell).__name__}, {traced.dtype}")
