"""Trees, the cells that run over them, and a classifier. Start with README.md."""

from models import cells
from models.binary import binarise, debinarise
from models.cells import *  # noqa: F403 (its __all__, which is a part of this one)
from models.chains import as_chains, chain_forest
from models.check_cell import check_cell
from models.checkpoint import load, save
from models.class_names import class_names
from models.classifier import Dropout, TreeClassifier
from models.conllu import ConlluReader, read_conllu
from models.dependencies import DependencyTree
from models.errors import (
    CellCheckError,
    CellError,
    DependencyError,
    ForestError,
    TreebankError,
    TreebankWarning,
    VocabularyError,
)
from models.forest import Forest
from models.notation import plain_word, treebank_word
from models.path_jacobians import path_jacobians
from models.random_dependencies import random_dependencies
from models.reader import TreeReader, read_trees
from models.shapes import SHAPES, random_forest
from models.strip import strip_functions, strip_traces
from models.toolkits import from_nltk, from_spacy, from_stanza, to_nltk
from models.tree import Tree
from models.tree_forest import TreeForest
from models.unary import collapse_unary, expand_unary
from models.vector_file import VectorsError
from models.vectors import VectorsWarning, WordVectors, read_vectors
from models.vocabulary import Vocabulary

__all__ = [
    "SHAPES",
    "CellCheckError",
    "CellError",
    "ConlluReader",
    "DependencyError",
    "DependencyTree",
    "Dropout",
    "Forest",
    "ForestError",
    "Tree",
    "TreeClassifier",
    "TreeForest",
    "TreeReader",
    "TreebankError",
    "TreebankWarning",
    "VectorsError",
    "VectorsWarning",
    "Vocabulary",
    "VocabularyError",
    "WordVectors",
    "as_chains",
    "binarise",
    "chain_forest",
    "check_cell",
    "class_names",
    "collapse_unary",
    "debinarise",
    "expand_unary",
    "from_nltk",
    "from_spacy",
    "from_stanza",
    "load",
    "path_jacobians",
    "plain_word",
    "random_dependencies",
    "random_forest",
    "read_conllu",
    "read_trees",
    "read_vectors",
    "save",
    "strip_functions",
    "strip_traces",
    "to_nltk",
    "treebank_word",
]
__all__ += cells.__all__
