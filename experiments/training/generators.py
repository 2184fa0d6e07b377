"""The random generators that take part in a training run, and their states as JSON values."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import minigrad as mg

Source = np.random.BitGenerator | np.random.RandomState | random.Random
Saved = Sequence[Mapping[str, Any]]

# What holds no generator, or none that is its own.
CLOSED = (str, bytes, int, float, complex, np.ndarray, np.generic, mg.Tensor, type, ModuleType, FunctionType)


class Generators:
    """Every generator that some objects hold, in attributes, lists, tuples and dicts, at any depth.

    One that several objects share has a path from each of them, and one state. What a function holds (in a
    closure, as a global) is not looked at, nor what comes into being later.

    Parameters
    ----------
    roots : {name: object}
        Where the search begins; paths begin with these names, as ``model.dropout.rng`` does.

    Raises
    ------
    TypeError
        If one stands in a set, which has no order by which it would be found again.
    """

    def __init__(self, roots: Mapping[str, Any]) -> None:
        self._found: list[tuple[Source, list[str]]] = []
        for path, source in _search(roots):
            known = next((paths for one, paths in self._found if one is source), None)
            if known is None:
                self._found.append((source, [path]))
            else:
                known.append(path)

    def state(self) -> list[dict[str, Any]]:
        """Return for every generator its paths and its state, as JSON values."""
        return [{"paths": list(paths), "state": _state(source)} for source, paths in self._found]

    def check_state(self, saved: Saved) -> None:
        """Check that every generator would get one of the states, and every state goes to one generator.

        Raises
        ------
        ValueError, TypeError, KeyError
            If not, or if a state is none of its generator's kind.
        """
        left = [paths for _, paths in self._found]
        for entry in saved:
            source, own = self._owner(entry["paths"])
            if own not in left:
                raise ValueError(f"{' and '.join(own)} are one generator now, and were several")
            left.remove(own)
            _restore(type(source)(), entry["state"])
        if left:
            raise ValueError(f"it does not hold the state of {', '.join(map(' = '.join, left))}")

    def load_state(self, saved: Saved) -> None:
        """Restore what `state` returned, in place. Errors as in `check_state`."""
        self.check_state(saved)
        for entry in saved:
            _restore(self._owner(entry["paths"])[0], entry["state"])

    def _owner(self, paths: Sequence[str]) -> tuple[Source, list[str]]:
        """Return the one generator that has some of these paths, and all of its own."""
        owners = [found for found in self._found if not set(found[1]).isdisjoint(paths)]
        if not owners:
            raise ValueError(f"it holds the state of {' = '.join(paths)}, where there is no generator now")
        if len(owners) > 1:
            raise ValueError(f"{' and '.join(paths)} were one generator, and are several now")
        return owners[0]


def _search(roots: Mapping[str, Any]) -> Iterator[tuple[str, Source]]:
    """Yield the path and the generator of all that hold one; each object is entered once."""
    queue = deque((name, value, True) for name, value in roots.items())
    seen: set[int] = set()
    while queue:
        path, value, ordered = queue.popleft()
        if isinstance(value, np.random.Generator):
            value = value.bit_generator
        if isinstance(value, Source) and not isinstance(value, random.SystemRandom):
            if not ordered:
                raise TypeError(f"the generator {path} stands in a set: put it into a list or a dict")
            yield path, value
        elif id(value) not in seen:
            seen.add(id(value))
            ordered = ordered and not isinstance(value, set | frozenset)
            queue.extend((path + step, item, ordered) for step, item in _inside(value))


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object holds and is not closed, and the step of the path to it.

    Steps are written of these alone: a vocabulary holds thousands of numbers.
    """
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", item) for key, item in value.items() if _open(item))
    elif isinstance(value, list | tuple | deque | set | frozenset):
        yield from ((f"[{k}]", item) for k, item in enumerate(value) if _open(item))
    yield from ((f".{name}", item) for name, item in getattr(value, "__dict__", {}).items() if _open(item))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{kind.__name__.lstrip('_')}{name}"
            if name not in ("__dict__", "__weakref__") and _open(item := getattr(value, name, None)):
                yield f".{name}", item


def _open(item: Any) -> bool:
    return item is not None and not isinstance(item, CLOSED)


def _state(source: Source) -> Any:
    """Return a generator's state as JSON values."""
    if isinstance(source, random.Random):
        return source.getstate()
    return _plain(source.state if isinstance(source, np.random.BitGenerator) else source.get_state(False))


def _restore(source: Source, state: Any) -> None:
    """Give a generator its state back; ValueError, TypeError or KeyError if it is none of its kind."""
    if isinstance(source, random.Random):
        version, numbers, gauss = state
        source.setstate((version, tuple(numbers), gauss))
    elif isinstance(source, np.random.BitGenerator):
        source.state = state
    else:
        source.set_state(state)


def _plain(state: Any) -> Any:
    """Return a state with lists for arrays."""
    if isinstance(state, Mapping):
        return {name: _plain(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray | np.generic) else state
