"""The four accuracies that are reported on the treebank: at roots or at all nodes, of five classes or of two.

Binary as in Socher et al. (2013): positive or negative, nodes whose label is neutral left out. The model is
the one of five classes: it answers positive where p(positive) + p(very positive) > p(negative) +
p(very negative), whatever neutral has.
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
import models
from experiments.training.evaluation import majority_accuracy

NAMES = {
    "root_fine": "root, 5 classes",
    "root_binary": "root, binary",
    "all_fine": "all nodes, 5 classes",
    "all_binary": "all nodes, binary",
}
NEUTRAL = 2


def accuracies(
    model: models.TreeClassifier, forest: models.Forest, mode: str = "compiled", batch: int = 500
) -> dict[str, float | None]:
    """Return the accuracies by the names in `NAMES`, as fractions; None where there are no nodes.

    Those of all nodes are None too where only roots have a class, as in sentences read as chains.

    Parameters
    ----------
    model : TreeClassifier
        Of five classes, with the head "labelled".
    forest : Forest
    mode : str
        Of the fold.
    batch : int
        Trees that are run at once.
    """
    probabilities, labels, roots = [], [], []
    for start in range(0, len(forest), batch):
        part = forest.select(slice(start, start + batch))
        with mg.no_grad():
            logits, _ = model(part, mode)
            probabilities.append(mg.softmax(logits).data)
        rows = model.rows(part)
        labels.append(part.label[rows])
        roots.append(part.parent[rows] < 0)
    return from_probabilities(*map(np.concatenate, (probabilities, labels, roots)))


def from_probabilities(p: np.ndarray, label: np.ndarray, is_root: np.ndarray) -> dict[str, float | None]:
    """Return the accuracies of classified nodes.

    Parameters
    ----------
    p : (n, 5) array
        Of the classes.
    label : (n,) array of int
    is_root : (n,) array of bool
    """
    fine = p.argmax(axis=1) == label
    binary = (p[:, NEUTRAL + 1 :].sum(axis=1) > p[:, :NEUTRAL].sum(axis=1)) == (label > NEUTRAL)
    polar = label != NEUTRAL
    anywhere = np.full(len(label), not is_root.all())
    return {
        "root_fine": _share(fine[is_root]),
        "root_binary": _share(binary[is_root & polar]),
        "all_fine": _share(fine[anywhere]),
        "all_binary": _share(binary[anywhere & polar]),
    }


def most_frequent_class(train: models.Forest, forest: models.Forest) -> dict[str, float | None]:
    """Return the accuracies on `forest` of always answering the most frequent class of `train`.

    For each of the four, the class is the one that is most frequent among the nodes concerned.
    """
    counted = []
    for of in (train, forest):
        nodes = of.label >= 0
        label, is_root = of.label[nodes], of.parent[nodes] < 0
        fine = {"root": label[is_root], "all": label}
        counted.append(
            {f"{where}_fine": labels for where, labels in fine.items()}
            | {f"{where}_binary": labels[labels != NEUTRAL] > NEUTRAL for where, labels in fine.items()}
        )
    known, asked = counted
    return {name: majority_accuracy(known[name], asked[name]) for name in NAMES}


def _share(hits: np.ndarray) -> float | None:
    return float(hits.mean()) if len(hits) else None
