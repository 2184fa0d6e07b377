"""The paper's example, its Figure 2: a sentence of 15 tokens whose keyword is 607, of class 6.

The paper prints a 0 at every node but the root; they carry no class, so here they have no label.
"""

from __future__ import annotations

from collections.abc import Mapping

import models
import viz

TREE = models.Tree.parse(
    "(6 (((2757) (7759)) (((6095) (607)) (((5846) (5845)) (((5982) (4015)) ((5484) ((1893) (4571)))))))"
    " ((7450) (((4582) (4993)) (2502))))"
)
KEYWORD_ROW = next(row for row, node in enumerate(TREE.postorder()) if node.word == "607")


def plain() -> viz.TreePicture:
    """Return the tree as the paper draws it: words, the class, a box around the keyword."""
    return viz.TreePicture(TREE, None, keyword=KEYWORD_ROW)


def under_gradients(classifiers: Mapping[str, models.TreeClassifier]) -> dict[str, viz.TreePicture]:
    """Return the tree with the gradient norms of each model, by the model's title, all on one scale."""
    norms = {title: viz.root_gradient_norms(model, TREE) for title, model in classifiers.items()}
    scale = viz.NormScale.fit(*norms.values())
    return {
        title: viz.TreePicture(TREE, values, scale, keyword=KEYWORD_ROW, title=title)
        for title, values in norms.items()
    }
