"""Composition functions, one file each, written as in their papers."""

from models.cells.activations import ACTIVATIONS
from models.cells.rlstm import RLSTM
from models.cells.rnn import RNN

CELLS = {"RNN": RNN, "RLSTM": RLSTM}

__all__ = ["ACTIVATIONS", "CELLS", "RLSTM", "RNN"]
