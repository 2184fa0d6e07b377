"""Trees, the cells that run over them, and a classifier. Start with README.md."""

from models.binary import binarise, debinarise
from models.cells import CELLS, RLSTM, RNN
from models.checkpoint import load, save
from models.classifier import Dropout, TreeClassifier
from models.errors import DependencyError, ForestError, TreebankError, VocabularyError
from models.forest import Forest
from models.notation import plain_word, treebank_word
from models.reader import TreeReader, read_trees
from models.shapes import SHAPES, random_forest
from models.tree import Tree
from models.unary import collapse_unary, expand_unary
from models.vectors import VectorsError, WordVectors, read_vectors
from models.vocabulary import Vocabulary

__all__ = [
    "CELLS",
    "RLSTM",
    "RNN",
    "SHAPES",
    "DependencyError",
    "Dropout",
    "Forest",
    "ForestError",
    "Tree",
    "TreeClassifier",
    "TreeReader",
    "TreebankError",
    "VectorsError",
    "Vocabulary",
    "VocabularyError",
    "WordVectors",
    "binarise",
    "collapse_unary",
    "debinarise",
    "expand_unary",
    "load",
    "plain_word",
    "random_forest",
    "read_trees",
    "read_vectors",
    "save",
    "treebank_word",
]
