"""What is trained: cells, minibatches and models, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from models import Forest, TreeClassifier, TreeForest, Vocabulary

D = 50
LEARNING_RATE = 0.05
CLASSES = 10
VOCABULARY = Vocabulary(map(str, range(10_001)))


@dataclass(frozen=True)
class Config:
    """A cell, and the trees it is trained on.

    Attributes
    ----------
    cell : str
        As `models.cell` takes it, or of `models.NARY_CELLS`. Cells for chains get sentences instead of trees,
        and those of any number of children dependency trees.
    lengths : (int, int)
        The numbers of leaves, or of words, are drawn uniformly from this range, ends included.
    batch : int
        Trees in a minibatch.
    shape : str
        Of the trees, as in `models.random_forest`.
    labelled : bool
        Whether every node has a class, and dropout is drawn, as in training on the treebank; else the root.
    D : int
        The width of states and word vectors.
    """

    cell: str
    lengths: tuple[int, int]
    batch: int
    shape: str = "uniform_split"
    labelled: bool = False
    D: int = D

    def key(self) -> dict[str, object]:
        """Return the entries that identify this config in a JSON row."""
        return {"cell": self.cell, "lengths": list(self.lengths), "batch": self.batch, "D": self.D}


def minibatches(config: Config, count: int) -> list[Any]:
    """Draw forests; the same ones for every cell for trees."""
    rng = np.random.default_rng(0)
    return [_forest(config, rng) for _ in range(count)]


def _forest(config: Config, rng: np.random.Generator) -> Forest | TreeForest:
    lengths = rng.integers(config.lengths[0], config.lengths[1] + 1, config.batch)
    classes = rng.integers(CLASSES, size=config.batch)
    if config.cell in models.CHAIN_CELLS:
        labels = np.full(lengths.sum(), -1)
        labels[np.cumsum(lengths) - 1] = classes
        words = rng.integers(len(VOCABULARY), size=len(labels))
        return models.chain_forest(words, lengths, VOCABULARY, labels=labels)
    if config.cell in models.NARY_CELLS:
        return models.random_dependencies(rng, lengths, vocabulary=VOCABULARY, labels=classes)
    drawn = models.random_forest(rng, lengths, config.shape, vocabulary=VOCABULARY, labels=classes)
    if not config.labelled:
        return drawn
    labels = rng.integers(CLASSES, size=drawn.n_nodes)
    return Forest.from_arrays(drawn.left, drawn.right, drawn.word, labels, drawn.root, VOCABULARY)


def computed(forest: Forest | TreeForest) -> int:
    """Return how many nodes a cell computes: the inner ones, or all that have a word and children."""
    return forest.n_nodes if isinstance(forest, TreeForest) else len(forest.inner)


def new_model(config: Config) -> TreeClassifier:
    """Return the paper's classifier in float32, the same one for the same cell."""
    rng = np.random.default_rng(0)
    head = "labelled" if config.labelled else "root"
    kind = models.cell(config.cell, nary=True)
    model = TreeClassifier(kind(config.D, rng), VOCABULARY, CLASSES, rng, head)
    if config.labelled:
        model.dropout = models.Dropout(words=0.3, states=0.2, rng=rng)
    return model
