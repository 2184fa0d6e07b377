"""Running a cell over trees; what compiles cells is in `compiler`, loaded when it is needed."""

from minigrad.fold.cell import Cell, Child, Part
from minigrad.fold.constant import constant
from minigrad.fold.run import NodeStates, fold

__all__ = ["Cell", "Child", "NodeStates", "Part", "constant", "fold"]
