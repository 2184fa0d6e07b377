"""The compiled form of a cell in its current state, or why there is none."""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from minigrad.errors import GraphError
from minigrad.fold.cell import Cell, Part
from minigrad.fold.compiler.refusal import Refusal
from minigrad.nn import Module
from minigrad.tensor import Tensor

Form = TypeVar("Form")
KEPT = 8  # per cell: enough for training, evaluation and both dtypes


class _Snapshot:
    """Everything that a cell's ``compose`` may read: the attributes of the cell, and what they contain.

    Lists, dicts, and objects with attributes (other than functions) are searched recursively. Values are
    compared by identity.
    """

    def __init__(self, cell: Cell) -> None:
        self._compose = type(cell).compose
        self._containers: list[Any] = []
        seen = {id(cell)}
        stack: list[Any] = [cell]
        while stack:
            container = _contents(stack.pop())
            if not isinstance(container, tuple):
                self._containers.append(container)
            for value in container.values() if isinstance(container, dict) else container:
                if id(value) not in seen:
                    seen.add(id(value))
                    if _contents(value) is not None:
                        stack.append(value)
        self._parts = [_parts(container) for container in self._containers]

    def holds(self, cell: Cell) -> bool:
        """Tell whether the cell is in the same state as when the snapshot was taken."""
        return type(cell).compose is self._compose and all(map(_is_same, self._containers, self._parts))


def _parts(container: Any) -> list[Any]:
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


def _is_same(container: Any, parts: list[Any]) -> bool:
    now = _parts(container)
    return len(now) == len(parts) and all(map(operator.is_, now, parts))


def _contents(value: Any) -> Any:
    """Return the container of what a value holds: a list, tuple or dict; None if it is not searched."""
    if isinstance(value, list | tuple | dict):
        return value
    if isinstance(value, Part | Tensor) or (callable(value) and not isinstance(value, Module)):
        return None
    return getattr(value, "__dict__", None)


class Forms(Generic[Form]):
    """The compiled forms of all cells.

    Parameters
    ----------
    compile : function of a cell and a dtype
        Called once for each state of a cell.
    """

    def __init__(self, compile: Callable[[Cell, Any], Form]) -> None:
        self._compile = compile
        self._known: dict[int, tuple[weakref.ref[Cell], list[tuple[Any, _Snapshot, Form | Refusal]]]] = {}

    def find(self, cell: Cell, dtype: Any) -> Form | Refusal:
        """Return the form of a cell in its current state, or why there is none.

        Raises
        ------
        GraphError
            If ``compose`` branches on a value or changes a tensor in place.
        """
        entries = self._entries(cell)
        for position, (of, snapshot, form) in enumerate(entries):
            if of == dtype and snapshot.holds(cell):
                if position:
                    entries.insert(0, entries.pop(position))
                return form
        return self.put(cell, dtype, lambda: self._make(cell, dtype))

    def put(self, cell: Cell, dtype: Any, make: Callable[[], Form | Refusal]) -> Form | Refusal:
        """Make the form of a cell in its current state; `find` returns it from now on."""
        entries, snapshot = self._entries(cell), _Snapshot(cell)
        form = make()
        entries.insert(0, (dtype, snapshot, form))
        del entries[KEPT:]
        return form

    def _entries(self, cell: Cell) -> list[tuple[Any, _Snapshot, Form | Refusal]]:
        key = id(cell)
        if key not in self._known:
            self._known[key] = weakref.ref(cell, lambda _: self._known.pop(key, None)), []
        return self._known[key][1]

    def _make(self, cell: Cell, dtype: Any) -> Form | Refusal:
        try:
            return self._compile(cell, dtype)
        except GraphError:
            raise
        except Exception as error:  # if the cell itself is wrong, mode level reports it with its line
            return Refusal(error)
