"""From a cell's equations to one compiled function forward and one backward. Start with trace.py."""

from minigrad.fold.compiler.run import run

__all__ = ["run"]
