"""Compiles a cell's equations to one function forward and one backward. Start with trace.py."""

from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.driver import driver
from minigrad.fold.compiler.evaluation import Evaluation
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.finished import Done, Finished
from minigrad.fold.compiler.refusal import warn
from minigrad.fold.compiler.run import evaluate, ready, run
from minigrad.fold.compiler.source import fold_source

__all__ = [
    "CompiledCell",
    "Done",
    "Evaluation",
    "Finished",
    "driver",
    "evaluate",
    "explain_fold",
    "fold_source",
    "ready",
    "run",
    "warn",
]
