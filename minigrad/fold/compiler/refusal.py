"""Why a cell can't be compiled: said once for each cause, with the line of the cell and a way out."""

from __future__ import annotations

import warnings
import weakref
from pathlib import Path
from types import TracebackType

from minigrad.errors import CompileWarning
from minigrad.fold.cell import Cell
from minigrad.fold.compiler.names import ReadError
from minigrad.symbol import UnsupportedError

OURS = str(Path(__file__).parents[2])  # where minigrad is
LEVEL = 'or pass mode="level", which needs no compilation'
OPERATIONS = (
    "use arithmetic, @, comparisons, mg.where, elementwise functions; along the row sums, softmax, concat "
    f"and slices (minigrad/fold/README.md says what has a rule), {LEVEL}"
)


class Refusal:
    """Why a cell has no compiled form.

    Attributes
    ----------
    reason : str
    cure : str
        What to write instead.
    line : (str, int) or None
        The file and the number of the line that could not be traced; None if it is not known.
    """

    def __init__(self, error: Exception, cure: str = f"change that, {LEVEL}") -> None:
        self.line = _users_line(error.__traceback__)
        self.cure = cure
        if isinstance(error, UnsupportedError):
            self.reason, self.cure = f"there is no emission rule for {error}", OPERATIONS
        elif isinstance(error, ReadError):
            self.reason, self.cure, self.line = (
                error.reason,
                f"{error.cure}, {LEVEL}",
                (error.place.file, error.place.line),
            )
        else:
            self.reason = f"{type(error).__name__}: {error}"


def _users_line(traceback: TracebackType | None) -> tuple[str, int] | None:
    """Return the innermost line that is not minigrad's own: of ``compose``, or of what it calls."""
    found = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(OURS):
            found = file, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


_warned: weakref.WeakKeyDictionary[type, set[object]] = weakref.WeakKeyDictionary()


def warn(cell: Cell, refusal: Refusal) -> None:
    """Warn that a cell runs as ``level``, once for each cause of its class, at the line of the cell."""
    kind = type(cell)
    code = kind.compose.__code__
    file, number = refusal.line or (code.co_filename, code.co_firstlineno)
    causes, cause = _warned.setdefault(kind, set()), (refusal.reason, file, number)
    if cause not in causes:
        causes.add(cause)
        text = (
            f'{kind.__name__} can\'t be compiled and runs with mode="level": {refusal.reason}; {refusal.cure}'
        )
        warnings.warn_explicit(text, CompileWarning, file, number, kind.__module__)
