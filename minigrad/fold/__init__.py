"""Running a cell over trees."""

from minigrad.fold.cell import Cell, Child, Part
from minigrad.fold.compiler import explain_fold, fold_source
from minigrad.fold.run import NodeStates, fold

__all__ = ["Cell", "Child", "NodeStates", "Part", "explain_fold", "fold", "fold_source"]
