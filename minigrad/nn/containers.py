"""Parameters and modules by number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Generic, TypeVar, overload

from minigrad.nn.module import Module, Parameter

Item = TypeVar("Item", Parameter, Module)


class _List(Module, Generic[Item]):
    """A list that modules look into."""

    holds: ClassVar[type]

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.extend(items)

    def append(self, item: Item) -> None:
        """Add one at the end; TypeError if it is of another kind."""
        if not isinstance(item, self.holds):
            raise TypeError(f"{type(self).__name__} holds {self.holds.__name__}s, not {item!r}")
        setattr(self, str(len(self)), item)

    def extend(self, items: Iterable[Item]) -> None:
        """Add several at the end."""
        for item in items:
            self.append(item)

    def _items(self) -> list[Item]:
        return [value for key, value in vars(self).items() if key.isdecimal()]

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self._items()[index]

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items())


class ParameterList(_List[Parameter]):
    """Parameters by number, which a module finds: ``self.W = ParameterList(Parameter(…) for _ in range(3))``.

    Their dotted names are ``W.0``, ``W.1``, …; ``self.W[0]``, ``len``, a loop, ``append`` and ``extend`` do
    what they do on a list.

    Raises
    ------
    TypeError
        If an item is no `Parameter`.
    """

    holds = Parameter
    _name: str | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter) and self._name is not None:
            value.called(f"{self._name}.{name}")
        object.__setattr__(self, name, value)

    def _assigned(self, name: str) -> None:
        self._name = name
        for k, parameter in enumerate(self):
            parameter.called(f"{name}.{k}")


class ModuleList(_List[Module]):
    """Modules by number, which a module finds: ``self.layers = ModuleList([RNN(…), RNN(…)])``.

    The dotted names of their parameters begin with ``layers.0``, ``layers.1``, …; used like a list.

    Raises
    ------
    TypeError
        If an item is no `Module`.
    """

    holds = Module
