"""Trees, the cells that run over them, and a classifier. Start with README.md."""

from models.cells import (
    CELLS,
    CHAIN_CELLS,
    GRU,
    LSTM,
    RLSTM,
    RNN,
    SLSTM,
    TREE_CELLS,
    Bidirectional,
    DenseRNN,
    Elman,
    Encoder,
    HighwayRNN,
    Multilayer,
    ResidualRNN,
    TreeGRU,
    TreeLSTM,
    cell,
    encode,
)
from models.chains import as_chains, chain_forest
from models.check_cell import check_cell
from models.checkpoint import load, save
from models.classifier import TreeClassifier
from models.errors import CellCheckError, CellError, ForestError, TreebankError, VocabularyError
from models.forest import Forest
from models.shapes import SHAPES, random_forest
from models.tree import Tree
from models.vocabulary import Vocabulary

__all__ = [
    "CELLS",
    "CHAIN_CELLS",
    "GRU",
    "LSTM",
    "RLSTM",
    "RNN",
    "SHAPES",
    "SLSTM",
    "TREE_CELLS",
    "Bidirectional",
    "CellCheckError",
    "CellError",
    "DenseRNN",
    "Elman",
    "Encoder",
    "Forest",
    "ForestError",
    "HighwayRNN",
    "Multilayer",
    "ResidualRNN",
    "Tree",
    "TreeClassifier",
    "TreeGRU",
    "TreeLSTM",
    "TreebankError",
    "Vocabulary",
    "VocabularyError",
    "as_chains",
    "cell",
    "chain_forest",
    "check_cell",
    "encode",
    "load",
    "random_forest",
    "save",
]
