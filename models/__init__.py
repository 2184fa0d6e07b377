"""Trees, the cells that run over them, and a classifier. Start with README.md."""

from models.cells import CELLS, RLSTM, RNN
from models.checkpoint import load, save
from models.classifier import Dropout, TreeClassifier
from models.errors import ForestError, TreebankError, VocabularyError
from models.forest import Forest
from models.shapes import SHAPES, random_forest
from models.tree import Tree
from models.vectors import VectorsError, WordVectors, read_vectors
from models.vocabulary import Vocabulary

__all__ = [
    "CELLS",
    "RLSTM",
    "RNN",
    "SHAPES",
    "Dropout",
    "Forest",
    "ForestError",
    "Tree",
    "TreeClassifier",
    "TreebankError",
    "VectorsError",
    "Vocabulary",
    "VocabularyError",
    "WordVectors",
    "load",
    "random_forest",
    "read_vectors",
    "save",
]
