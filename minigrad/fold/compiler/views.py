"""Columns of rows, and rows put together: what is read or stored in place, and needs no instructions.

*Columns* of a row are read where the row is stored. A *concat* is a row whose parts are stored where it
stands: each is a *place*, the copy of another row to some of its columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minigrad.symbol import OTHER_ROWS, ROWS, Symbol, UnsupportedError

SOURCES = ("child", "is_leaf", "mask", "cotangent", "parameter")
# One result for each row, or group of columns; `bilinear` says what the last two are good for:
# outer: xᵃ yᵇ, of A and B columns, gives A groups of B; contract: Σᵇ tᵃᵇ yᵇ, of A groups of B and B, gives A.
ROW_OPS = ("row_sum", "row_max", "row_min", "outer", "contract")
COPIES = ("copy", "place")  # of their first operand; the others tell them apart


def is_rows(s: Any) -> bool:
    """Tell whether a symbol has a row per tree node."""
    return isinstance(s, Symbol) and len(s.shape) == 2 and s.shape[0] in (ROWS, OTHER_ROWS)


def is_product(s: Any) -> bool:
    """Tell whether a symbol is a product of rows and a weight matrix."""
    return is_rows(s) and s.op == "matmul"


def reached(results: Iterable[Any], into: Callable[[Symbol], bool] = lambda s: True) -> list[Symbol]:
    """Return all symbols that some depend on, in order of creation.

    Parameters
    ----------
    results : iterable
        Of symbols, and of what is none.
    into : function of a symbol
        Whether its operands are looked at.
    """
    seen: set[Symbol] = set()
    stack = [s for s in results if isinstance(s, Symbol)]
    while stack:
        s = stack.pop()
        if s not in seen:
            seen.add(s)
            if into(s):
                stack += [a for a in s.args if isinstance(a, Symbol)]
    return sorted(seen, key=lambda s: s.id)


def readers(symbols: Iterable[Symbol], results: Iterable[Symbol]) -> dict[Symbol, list[Symbol | None]]:
    """Return what reads each of some symbols; None stands for a result."""
    found: dict[Symbol, list[Symbol | None]] = {s: [] for s in symbols}
    for s in found:
        for a in s.args:
            if isinstance(a, Symbol) and a in found:
                found[a].append(s)
    for s in results:
        found[s].append(None)
    return found


def stored(s: Any) -> Any:
    """Return the symbol in whose columns a symbol is read."""
    return s.args[0] if isinstance(s, Symbol) and s.op == "columns" else s


def statements(s: Any) -> Iterator[Symbol]:
    """Yield what has to be computed before a symbol can be read."""
    s = stored(s)
    if is_rows(s):
        yield from s.args if s.op == "concat" else (s,)


def reads_memory(a: Any) -> bool:
    """Tell whether an operand is read from where it is stored, and never from a register."""
    return isinstance(a, Symbol) and a.op in ("columns", "concat")


def solid(s: Any) -> Any:
    """Return a symbol that has columns of its own, with the same values."""
    return of_rows("copy", s, s.shape[1], s.shape[1]) if is_rows(s) and s.op == "columns" else s


def factor(s: Symbol) -> Symbol:
    """Return a factor of a product, as products take them."""
    if s.op == "transpose" and is_rows(s.args[0]):
        return solid(s.args[0]).T
    return solid(s)


def columns(x: Symbol, start: int, stop: int) -> Symbol:
    """Return some columns of a row."""
    if (start, stop) == (0, x.shape[1]):
        return x
    if x.op == "columns":
        return columns(x.args[0], start + x.args[1], stop + x.args[1])
    if x.op == "concat":
        parts, at = [], 0
        for place in x.args:
            first, last = max(start, at), min(stop, at + place.shape[1])
            if first < last:
                parts.append((_part(place, first - at, last - at), last - first))
            at += place.shape[1]
        return joined(x, parts)
    if x.op in ("is_leaf", "mask"):
        raise UnsupportedError("columns of a mask")
    return of_rows("columns", x, stop - start, start, stop)


def of_rows(op: str, x: Symbol, width: int, *more: Any) -> Symbol:
    """Return rows of some width that are computed from x and more."""
    return x.table.make(op, (x, *more), (x.shape[0], width), x.dtype)


def _part(place: Symbol, start: int, stop: int) -> Any:
    value = place.args[0]
    return columns(value, start, stop) if isinstance(value, Symbol) else value


def joined(like: Symbol, parts: Sequence[tuple[Any, int]], table: Any = None) -> Symbol:
    """Return rows side by side.

    Parameters
    ----------
    like : Symbol
        Has as many rows, of the same dtype.
    parts : sequence of (symbol or 0, width)
    table : SymbolTable, optional
        Another than that of `like`.
    """
    table, rows = table or like.table, like.shape[0]
    flat: list[tuple[Any, int]] = []
    for x, width in parts:
        if isinstance(x, Symbol) and x.op == "concat":
            flat += [(place.args[0], place.shape[1]) for place in x.args]
        else:
            flat.append((x, width))
    if len(flat) == 1 and isinstance(flat[0][0], Symbol):
        return flat[0][0]
    # Every concat has places of its own, since a place says where in it something stands
    mark = tuple((x.id if isinstance(x, Symbol) else None, width) for x, width in flat)
    places = tuple(
        table.make("place", (x, k, mark), (rows, width), like.dtype) for k, (x, width) in enumerate(flat)
    )
    return table.make("concat", places, (rows, sum(width for _, width in flat)), like.dtype)


def renewed_concat(table: Any, s: Symbol, renewed: Callable[[Any], Any]) -> Symbol:
    """Return a concat in another table."""
    return joined(s, [(renewed(place.args[0]), place.shape[1]) for place in s.args], table)


def together(x: Any, y: Any) -> Symbol | None:
    """Return the sum of two concats that are zero in each other's columns; None if they are not."""
    if not all(isinstance(s, Symbol) and s.op == "concat" for s in (x, y)):
        return None
    bounds = sorted({bound for s in (x, y) for bound in _bounds(s)})
    parts = []
    for start, stop in itertools.pairwise(bounds):
        terms = [t for s in (x, y) if not _is_zero(t := _within(s, start, stop))]
        if len(terms) > 1 or any(t is None for t in terms):
            return None
        parts.append((terms[0] if terms else 0.0, stop - start))
    return joined(x, parts)


def _bounds(s: Symbol) -> list[int]:
    return [0, *(int(end) for end in np.cumsum([place.shape[1] for place in s.args]))]


def _within(s: Symbol, start: int, stop: int) -> Any:
    """Return what a concat has in some columns: one of its parts, zero, or None if it is none of them."""
    for place, (first, last) in zip(s.args, itertools.pairwise(_bounds(s)), strict=True):
        if first <= start and stop <= last:
            whole = (first, last) == (start, stop)
            return place.args[0] if whole or _is_zero(place.args[0]) else None
    return None


def _is_zero(x: Any) -> bool:
    return x is not None and not isinstance(x, Symbol)
