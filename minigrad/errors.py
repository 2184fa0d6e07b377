"""The errors of the engine. Each is also the built-in error that a caller would expect to catch."""

from __future__ import annotations

import linecache
import os
import sys


class ShapeError(ValueError):
    """Operands whose shapes do not fit the operation; the text names op, operands, shapes and rule."""


class GraphError(RuntimeError):
    """A graph used in a way it can't be: freed, changed in place, asked for a second derivative."""


class CompileWarning(UserWarning):
    """The fold's compiler had to do without something; results are the same, but come more slowly."""


def line_in(function: str) -> str:
    """Return which line the innermost caller of that name is at, as ' (file, line 3: text)'."""
    frame = sys._getframe(1)
    while frame.f_code.co_name != function:
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number, frame.f_globals).strip()
    return f" ({os.path.basename(file)}, line {number}{': ' if text else ''}{text})"
