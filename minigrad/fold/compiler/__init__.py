"""From a cell's equations to one compiled function forward and one backward. Start with trace.py."""

from minigrad.fold.compiler.build import fold_source
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.forms import warn
from minigrad.fold.compiler.run import evaluate, finished, run

__all__ = ["evaluate", "explain_fold", "finished", "fold_source", "run", "warn"]
