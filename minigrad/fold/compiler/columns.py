"""Columns: which symbols are stored side by side in the rows of a buffer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minigrad.symbol import Symbol

ALIGNMENT = 16  # elements: where products' columns begin, so that their vectors do not cross cache lines


@dataclass
class Columns:
    """The columns of symbols that are stored side by side in the rows of one buffer.

    Attributes
    ----------
    start : dict Symbol -> int
        The first column of each.
    width : int
    places : dict Symbol -> int
        The first columns of the places of each concat.
    """

    start: dict[Symbol, int] = field(default_factory=dict)
    width: int = 0
    places: dict[Symbol, int] = field(default_factory=dict)

    def add(self, symbols: Iterable[Symbol]) -> None:
        """Append columns for each symbol that has none."""
        for s in symbols:
            if s not in self.start:
                self.start[s] = self.width
                for place in s.args if s.op == "concat" else ():
                    self.places[place] = self.width
                    self.width += place.shape[1]
                self.width = self.start[s] + s.shape[1]

    def find(self, s: Symbol) -> int | None:
        """Return the first column in which a symbol is stored, or read; None if it has none."""
        if s.op == "columns":
            start = self.start.get(s.args[0])
            return None if start is None else start + s.args[1]
        return self.start.get(s, self.places.get(s))

    def align(self) -> None:
        """Let the next symbol begin at an aligned column."""
        self.width = aligned(self.width)

    def end(self, s: Symbol) -> int:
        """Return the column after a symbol's last one."""
        return self.start[s] + s.shape[1]


def aligned(width: int) -> int:
    """Round a width up to the alignment."""
    return -(-width // ALIGNMENT) * ALIGNMENT


def contiguous(symbols: list[Symbol], sets: Sequence[Sequence[Symbol]]) -> list[Symbol]:
    """Order symbols so that each of the sets is contiguous, as far as possible."""
    wanted = [set(s) for s in sets]
    kinds: dict[Any, list[Symbol]] = {}
    for s in symbols:
        kinds.setdefault(tuple(s in w for w in wanted), []).append(s)
    keys = list(kinds)
    if len(keys) > 7:
        return symbols

    def runs(order: Sequence[Any]) -> int:
        return sum(
            sum(key[k] and not (i and order[i - 1][k]) for i, key in enumerate(order))
            for k in range(len(wanted))
        )

    best = min(itertools.permutations(keys), key=runs)
    return [s for key in best for s in kinds[key]]


def runs(symbols: Iterable[Symbol], order: Sequence[Symbol]) -> list[list[Symbol]]:
    """Split symbols into runs that are contiguous in an order."""
    rank = {s: k for k, s in enumerate(order)}
    runs: list[list[Symbol]] = []
    end = -1
    for s in sorted(symbols, key=lambda s: rank[s]):
        if rank[s] != end:
            runs.append([])
        runs[-1].append(s)
        end = rank[s] + 1
    return runs


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join adjacent ranges."""
    out: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], stop)
        else:
            out.append((start, stop))
    return out
