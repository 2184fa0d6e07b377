"""Columns: which symbols stand side by side in the rows of an array."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minigrad.symbol import Symbol

ALIGNMENT = 16  # elements: where a product's columns begin, so that its vectors do not cross cache lines


@dataclass
class Columns:
    """Where symbols stand side by side in the rows of one array."""

    start: dict[Symbol, int] = field(default_factory=dict)
    width: int = 0

    def add(self, symbols: Iterable[Symbol]) -> None:
        """Give each symbol its columns, after those there are."""
        for s in symbols:
            if s not in self.start:
                self.start[s] = self.width
                self.width += s.shape[1]

    def align(self) -> None:
        """Let the next symbol begin where a vector begins."""
        self.width = aligned(self.width)

    def end(self, s: Symbol) -> int:
        """Return the column after those of a symbol."""
        return self.start[s] + s.shape[1]


def aligned(width: int) -> int:
    """Return the next column at which a vector begins."""
    return -(-width // ALIGNMENT) * ALIGNMENT


def contiguous(symbols: list[Symbol], sets: Sequence[Sequence[Symbol]]) -> list[Symbol]:
    """Order symbols so that each of the sets stands together as far as possible."""
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
    """Split symbols into those that stand side by side in an order."""
    rank = {s: k for k, s in enumerate(order)}
    runs: list[list[Symbol]] = []
    end = -1
    for s in sorted(symbols, key=lambda s: rank[s]):
        if rank[s] != end:
            runs.append([])
        runs[-1].append(s)
        end = rank[s] + 1
    return runs
