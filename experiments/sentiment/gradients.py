"""Experiment 3 on real text: how much of the error at the root reaches each word.

J is the cross-entropy of the root's class alone, whatever else the model was trained on. In the paper's task
one word decides the class, and the ratio is taken there; here it is taken at every word of every sentence:
ratio = ‖∂J/∂x_word‖ / ‖∂J/∂x_root‖.
"""

from __future__ import annotations

import copy

import numpy as np

import models
import viz
from models.cells import is_chain_cell


def root_norms(model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled") -> np.ndarray:
    """Return ‖∂J/∂p‖ of every node, J being the mean over the trees of the roots' cross-entropy: (nodes,).

    `viz.root_gradient_norms` for many trees at a time, up to the division by their number.
    """
    at_the_root = copy.copy(model)  # it shares the parameters
    at_the_root.head = "root"
    return viz.gradient_norms(at_the_root, forest, mode)


def word_ratios(
    model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled", batch: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Return depth and gradient ratio of every word; NaN where the root's error is zero.

    In a chain the ratio is taken at the state that has just read the word. Words that are the root, or whose
    state it is, are left out: that of a sentence of a single word, and the last one of a chain.

    Parameters
    ----------
    model : TreeClassifier
    forest : Forest
    mode : str
        Of the fold.
    batch : int
        Trees that are run at once.
    """
    depths, ratios = [np.zeros(0, np.intp)], [np.zeros(0)]
    for start in range(0, len(forest), batch):
        part = forest.select(slice(start, start + batch))
        norm = root_norms(model, part, mode)
        words = part.inner if is_chain_cell(model.cell) else part.leaves
        words = words[part.depth[words] > 0]
        root = norm[part.root[np.searchsorted(part.root, words)]]
        depths.append(part.depth[words])
        ratios.append(np.divide(norm[words], root, out=np.full(len(words), np.nan), where=root > 0))
    return np.concatenate(depths), np.concatenate(ratios)
