"""Composition functions, one file each, written as in their papers. Start with README.md."""

from minigrad.ops.formula import ACTIVATIONS
from models.cells.bidirectional import Bidirectional
from models.cells.child_sum import ChildSumTreeLSTM
from models.cells.dense import DenseRNN
from models.cells.dependency_rnn import DependencyRNN
from models.cells.elman import Elman
from models.cells.encoder import Encoder, check_kind, encode, word_width
from models.cells.gru import GRU
from models.cells.highway import HighwayRNN
from models.cells.lstm import LSTM
from models.cells.multilayer import Multilayer
from models.cells.registry import CELLS, CHAIN_CELLS, NARY_CELLS, TREE_CELLS, cell, is_chain_cell
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
    "NARY_CELLS",
    "RLSTM",
    "RNN",
    "RNTN",
    "SLSTM",
    "TREE_CELLS",
    "Bidirectional",
    "ChildSumTreeLSTM",
    "DenseRNN",
    "DependencyRNN",
    "Elman",
    "Encoder",
    "HighwayRNN",
    "Multilayer",
    "ResidualRNN",
    "TreeGRU",
    "TreeLSTM",
    "cell",
    "check_kind",
    "encode",
    "is_chain_cell",
    "word_width",
]
