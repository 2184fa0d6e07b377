"""A second trace of a cell, which has to be the first again: what differs can't be compiled."""

from __future__ import annotations

import sys
from typing import Any

from minigrad.fold.compiler.names import Place, ReadError, users_place
from minigrad.symbol import OTHER_ROWS, ROWS, Symbol, SymbolTable


class Repetition(SymbolTable):
    """The symbols of a trace that has to be the same as a first one.

    Parameters
    ----------
    first : SymbolTable
        That of the first trace.
    """

    def __init__(self, first: SymbolTable) -> None:
        super().__init__(functions=first.functions)
        self._first = list(first.symbols)

    def make(self, op: str, args: tuple[Any, ...], shape: tuple[int, ...], dtype: Any) -> Symbol:
        """Return the symbol of a computation.

        Raises
        ------
        ReadError
            If the first trace had another symbol here; the text names the user's line.
        """
        symbol = super().make(op, args, shape, dtype)
        if symbol is self.symbols[-1]:
            before = self._first[symbol.id] if symbol.id < len(self._first) else None
            if before is None or _described(before) != _described(symbol):
                raise differs(users_place(sys._getframe(1)))
        return symbol


def differs(place: Place) -> ReadError:
    """Return the error for a result that is another one when ``compose`` runs again."""
    return ReadError(
        f"compose computes something else when it runs again{place}, from a random number, a counter, "
        "the time, or the number of rows",
        "for noise use mg.dropout, for a number that changes a Parameter",
        place,
    )


def _described(symbol: Symbol) -> tuple[Any, ...]:
    args = tuple(("symbol", a.id) if isinstance(a, Symbol) else (repr(a), type(a)) for a in symbol.args)
    shape = tuple(ROWS if length == OTHER_ROWS else length for length in symbol.shape)
    return symbol.op, args, shape, symbol.dtype
