"""The compiled form of a cell in its current state, or why there is none."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from minigrad.errors import GraphError
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.reads import Reads
from minigrad.fold.compiler.refusal import Refusal
from minigrad.fold.compiler.watch import Watch

Form = TypeVar("Form")
KEPT = 8  # per cell: enough for training, evaluation and both dtypes


_Entry = tuple[Any, type, Watch, Form | Refusal]  # dtype, class, what was read, and what was made of it


class Forms(Generic[Form]):
    """The compiled forms of all cells.

    Parameters
    ----------
    compile : function of a cell, a dtype and the cell's `Reads`
        Called once for each state of what the cell's ``compose`` reads. It traces the cell.
    """

    def __init__(self, compile: Callable[[Cell, Any, Reads], Form]) -> None:
        self._compile = compile
        self._known: dict[int, tuple[weakref.ref[Cell], list[_Entry[Form]]]] = {}

    def find(self, cell: Cell, dtype: Any) -> Form | Refusal:
        """Return the form of a cell in its current state, or why there is none.

        Raises
        ------
        GraphError
            If ``compose`` branches on a value or changes a tensor in place.
        """
        entries = self._entries(cell)
        kind = type(cell)
        for position, (of, was, watch, form) in enumerate(entries):
            if of == dtype and was is kind and watch.holds():
                if position:
                    entries.insert(0, entries.pop(position))
                if isinstance(form, Refusal) and _is_mixed(cell, dtype):
                    break
                return form
        if _is_mixed(cell, dtype):  # not kept: parameters are converted in place
            return self._make(cell, dtype, Reads(cell))
        return self.put(cell, dtype, lambda reads: self._make(cell, dtype, reads))

    def put(self, cell: Cell, dtype: Any, make: Callable[[Reads], Form | Refusal]) -> Form | Refusal:
        """Make the form of a cell in its current state; `find` returns it from now on."""
        entries, reads = self._entries(cell), Reads(cell)
        form = make(reads)
        entries.insert(0, (dtype, type(cell), reads.watch(), form))
        del entries[KEPT:]
        return form

    def _entries(self, cell: Cell) -> list[_Entry[Form]]:
        key = id(cell)
        if key not in self._known:
            self._known[key] = weakref.ref(cell, lambda _: self._known.pop(key, None)), []
        return self._known[key][1]

    def _make(self, cell: Cell, dtype: Any, reads: Reads) -> Form | Refusal:
        try:
            return self._compile(cell, dtype, reads)
        except GraphError:
            raise
        except Exception as error:  # if the cell itself is wrong, mode level reports it with its line
            return Refusal(error)


def _is_mixed(cell: Cell, dtype: Any) -> bool:
    """Tell whether a parameter has another dtype."""
    return any(parameter.dtype != dtype for parameter in cell.parameters())
