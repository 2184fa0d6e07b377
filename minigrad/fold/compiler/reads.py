"""What a cell's `compose` reads from outside its arguments, observed while it is traced."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.names import ReadError, is_users, stores
from minigrad.fold.compiler.reach import Reach
from minigrad.fold.compiler.watch import Watch, same


class Reads:
    """What one cell's ``compose`` reads; little until it has run in `recording`."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._ran: dict[tuple[CodeType, int], tuple[CodeType, dict[str, Any]]] = {}
        self._found: list[Reach] = []  # after each run

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Observe which functions run in this block; what they read is looked up at its end."""

        def note(frame: FrameType, event: str, argument: Any) -> None:
            if event == "call" and is_users(frame.f_code, frame.f_globals):
                self._ran[frame.f_code, id(frame.f_globals)] = frame.f_code, frame.f_globals

        before: Any = sys.getprofile()
        collecting = gc.isenabled()
        gc.disable()  # its callbacks, and finalisers of what it finds, are no part of compose
        sys.setprofile(note)
        try:
            yield
        finally:
            if hasattr(before, "enable"):  # before Python 3.12, a cProfile.Profile that is running
                before.enable()
            else:
                sys.setprofile(before)
            if collecting:
                gc.enable()
            self._found.append(Reach(self._cell, list(self._ran.values())))

    def check(self) -> None:
        """Raise ReadError if something was read whose changes can't be noticed, or drawn between two runs."""
        first, last = self._found[0], self._found[-1]
        for problem in last.problems:
            raise problem
        for key, (state, what, place) in last.generators.items():
            if key in first.generators and first.generators[key][0] != state:
                reason = f"compose draws from {what}{place}, which compiled code would not do again"
                raise ReadError(reason, "use mg.dropout, which draws anew for every fold", place)

    def watch(self) -> Watch:
        """Return a check whether everything is as it was, except for what ``compose`` itself changes."""
        if not self._found:
            self._found.append(Reach(self._cell, []))
        first, last = self._found[0].reads, self._found[-1].reads
        stable = [r for key, r in last.items() if key not in first or same(first[key].value, r.value)]
        if len(self._found) == 1:  # it has failed, and will fail again: what it may have changed is no reason
            written = {name for code, _ in self._ran.values() for name in stores(code)}
            stable = [read for read in stable if read.name not in written]
        return Watch(stable, self._found[-1].absent, self._found[-1].sizes)
