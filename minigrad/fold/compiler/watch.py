"""Whether what a cell's `compose` reads is still what it was when it was traced."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

NUMBERS = bool | int | float | complex | np.number | np.bool_
SIMPLE = NUMBERS | str | bytes | None | type(...) | Enum | np.dtype | range  # what can't be changed

Getter = Callable[[Any], tuple[Any, ...]]


class Read(NamedTuple):
    """Something that is read, and what was found.

    Attributes
    ----------
    kind : "item", "attribute" or "contents"
        An entry of a dict; an attribute, looked up at each check; or all that a list or dict contains.
    holder : object
        The dict, object or list.
    name : str
        Of the entry or attribute.
    value : object
    """

    kind: str
    holder: Any
    name: str
    value: Any

    @property
    def key(self) -> tuple[str, int, str]:
        """Which place this is."""
        return self.kind, id(self.holder), self.name


class Watch:
    """What has been read, for a check at every step; places of one holder are read by one call.

    Objects are compared by identity; numbers, strings and tuples of them by value.

    Parameters
    ----------
    reads : sequence of Read
    absent : sequence of (dict, names)
        Names that are looked up elsewhere because this dict has none of them.
    sizes : sequence of dict
        That neither gain nor lose an entry.
    """

    def __init__(
        self,
        reads: Iterable[Read],
        absent: Iterable[tuple[Mapping[str, Any], frozenset[str]]] = (),
        sizes: Iterable[Any] = (),
    ) -> None:
        groups: dict[tuple[str, int], list[Read]] = {}
        for read in reads:
            groups.setdefault(read.key[:2], []).append(read)
        self._places = [(_getter(group), group[0].holder) for group in groups.values()]
        values = [r.value if r.kind == "contents" else (r.value,) for g in groups.values() for r in _twice(g)]
        self._expected: list[Any] = [value for each in values for value in each]
        self._absent = [(holder.keys(), names) for holder, names in absent if names]
        self._sizes = [(holder, len(holder)) for holder in sizes]

    def holds(self) -> bool:
        """Tell whether everything is as it was."""
        found: list[Any] = []
        try:
            for get, holder in self._places:
                found += get(holder)
        except (KeyError, AttributeError, ValueError):  # gone; ValueError: the cell of a closure is empty
            return False
        for keys, names in self._absent:
            if not keys.isdisjoint(names):
                return False
        for holder, size in self._sizes:
            if len(holder) != size:
                return False
        if len(found) != len(self._expected):
            return False
        if all(map(operator.is_, found, self._expected)):
            return True
        if not all(map(same, found, self._expected)):
            return False
        self._expected = found  # equal numbers, other objects: the next check is quick again
        return True


def contents(holder: Any) -> tuple[Any, ...]:
    """Return what a list, set or dict contains, keys and values."""
    return (*holder, *holder.values()) if isinstance(holder, Mapping) else tuple(holder)


def same(a: Any, b: Any) -> bool:
    """Tell whether two things are one object, or equal numbers, strings or tuples of one type."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float | complex | np.inexact):
        return repr(a) == repr(b)  # tells 0.0 from -0.0, and finds NaN in NaN
    return isinstance(a, NUMBERS | str | bytes | range | np.dtype) and bool(a == b)


def _twice(group: list[Read]) -> list[Read]:
    """Return the reads that a group's getter returns: of a single name two, for it returns a tuple of two."""
    return group * 2 if len(group) == 1 and group[0].kind != "contents" else group


def _getter(group: list[Read]) -> Getter:
    if group[0].kind == "contents":
        return contents
    make: Callable[..., Getter] = operator.itemgetter if group[0].kind == "item" else operator.attrgetter
    return make(*(read.name for read in _twice(group)))
