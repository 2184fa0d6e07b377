"""Running a cell over trees; what compiles cells is in `compiler`, loaded when it is needed."""

from minigrad.fold.cell import Cell, Child, Part
from minigrad.fold.children import Children
from minigrad.fold.constant import constant
from minigrad.fold.nary import NaryCell
from minigrad.fold.run import NodeStates, fold

__all__ = ["Cell", "Child", "Children", "NaryCell", "NodeStates", "Part", "constant", "fold"]
