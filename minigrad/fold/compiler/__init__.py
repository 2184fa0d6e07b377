"""From a cell's equations to one compiled function forward and one backward. Start with trace.py."""

from minigrad.fold.compiler.build import fold_source
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.forms import warn
from minigrad.fold.compiler.run import Finished, evaluate, run

__all__ = ["Finished", "evaluate", "explain_fold", "fold_source", "run", "warn"]
