"""Composition functions, one file each, written as in their papers. Start with README.md."""

from minigrad.ops.formula import ACTIVATIONS
from models.cells.bidirectional import Bidirectional
from models.cells.dense import DenseRNN
from models.cells.elman import Elman
from models.cells.encoder import Encoder, encode
from models.cells.gru import GRU
from models.cells.highway import HighwayRNN
from models.cells.lstm import LSTM
from models.cells.multilayer import Multilayer
from models.cells.registry import CELLS, CHAIN_CELLS, TREE_CELLS, cell, is_chain_cell
from models.cells.residual import ResidualRNN
from models.cells.rlstm import RLSTM
from models.cells.rnn import RNN
from models.cells.rntn import RNTN
from models.cells.slstm import SLSTM
from models.cells.tree_gru import TreeGRU
from models.cells.tree_lstm import TreeLSTM

__all__ = [
    "ACTIVATIONS",
    "CELLS",
    "CHAIN_CELLS",
    "GRU",
    "LSTM",
    "RLSTM",
    "RNN",
    "RNTN",
    "SLSTM",
    "TREE_CELLS",
    "Bidirectional",
    "DenseRNN",
    "Elman",
    "Encoder",
    "HighwayRNN",
    "Multilayer",
    "ResidualRNN",
    "TreeGRU",
    "TreeLSTM",
    "cell",
    "encode",
    "is_chain_cell",
]
