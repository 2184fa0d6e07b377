"""Which compiled form belongs to a cell as it is now, and which cells have none."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from minigrad.errors import CompileWarning, GraphError
from minigrad.fold.cell import Cell
from minigrad.nn import Module
from minigrad.symbol import UnsupportedError

Form = TypeVar("Form")
KEPT = 8  # per cell: enough for training, evaluation and both dtypes


class _Snapshot:
    """What a cell's ``compose`` may have read: the attributes of the cell, and what they contain.

    Modules, lists and dicts are looked into. Values are compared by identity, and kept, so that none can be
    freed and another one be found at its address.
    """

    def __init__(self, cell: Cell) -> None:
        self.compose: Any = type(cell).compose
        self._containers: list[Any] = []  # without the cell, which is to be freed when its user forgets it
        self._values: list[Any] = []
        found: dict[int, Any] = {id(cell): cell}
        stack: list[Any] = [cell]
        while stack:
            container = stack.pop()
            if container is not cell:
                self._containers.append(container)
            for value in _values(container):
                if value is not cell:
                    self._values.append(value)
                if isinstance(value, Module | list | dict | tuple) and id(value) not in found:
                    found[id(value)] = value
                    stack.append(value)
        self._containers = [_contents(c) for c in self._containers if not isinstance(c, tuple)]
        self._ids = self._now(cell)

    def _now(self, cell: Cell) -> tuple[Any, ...]:
        attributes = vars(cell)
        own = (*attributes, *map(id, attributes.values()))
        if not self._containers:
            return own
        return own, [
            (*c, *map(id, c.values())) if type(c) is dict else tuple(map(id, c)) for c in self._containers
        ]

    def holds(self, cell: Cell) -> bool:
        """Tell whether the cell is still, or again, as it was."""
        return type(cell).compose is self.compose and self._now(cell) == self._ids


def _contents(container: Any) -> Any:
    return vars(container) if isinstance(container, Module) else container


def _values(container: Any) -> Any:
    contents = _contents(container)
    return contents.values() if isinstance(contents, dict) else contents


class Refusal:
    """Why a cell has no compiled form."""

    def __init__(self, reason: str, certain: bool) -> None:
        self.reason = reason
        self.certain = certain  # False if it may be the cell that is wrong, which `level` then says


class Forms(Generic[Form]):
    """The compiled forms of all cells.

    Parameters
    ----------
    compile : function of a cell and a dtype
        Called once for each state that a cell is in.
    """

    def __init__(self, compile: Callable[[Cell, Any], Form]) -> None:
        self._compile = compile
        self._known: dict[int, tuple[weakref.ref[Cell], list[tuple[Any, _Snapshot, Form | Refusal]]]] = {}
        self._warned: weakref.WeakSet[type] = weakref.WeakSet()

    def find(self, cell: Cell, dtype: Any) -> Form | None:
        """Return the form of a cell as it is now; None if there is none, after one warning per type of cell.

        Raises
        ------
        GraphError
            If ``compose`` branches on a value or changes a tensor in place.
        """
        known = self._known.get(id(cell))
        if known is None:
            key = id(cell)
            known = weakref.ref(cell, lambda _: self._known.pop(key, None)), []
            self._known[key] = known
        entries = known[1]
        for place, (of, snapshot, form) in enumerate(entries):
            if of == dtype and snapshot.holds(cell):
                if place:
                    entries.insert(0, entries.pop(place))
                if isinstance(form, Refusal):
                    self._warn(type(cell), form)
                    return None
                return form
        snapshot = _Snapshot(cell)
        made = self._make(cell, dtype)
        entries.insert(0, (dtype, snapshot, made))
        del entries[KEPT:]
        if not isinstance(made, Refusal):
            return made
        if made.certain:
            self._warn(type(cell), made)
        return None

    def _make(self, cell: Cell, dtype: Any) -> Form | Refusal:
        try:
            return self._compile(cell, dtype)
        except GraphError:
            raise
        except UnsupportedError as error:
            return Refusal(f"there is no emission rule for {error}", certain=True)
        except Exception as error:
            return Refusal(f"{type(error).__name__}: {error}", certain=False)

    def _warn(self, kind: type, refusal: Refusal) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(
                f'{kind.__name__} can\'t be compiled and runs with mode="level": {refusal.reason}',
                CompileWarning,
                stacklevel=5,
            )
