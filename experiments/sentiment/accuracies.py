"""The four accuracies that are reported on the treebank: at roots or at all nodes, of all classes or of two.

Binary as in Socher et al. (2013): positive or negative, nodes whose label is neutral left out. The model is
the one of all classes: it answers positive where the positive ones have more probability in sum than the
negative ones, whatever the neutral ones have; for five classes where p(3) + p(4) > p(0) + p(1).
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
import models
from experiments.sentiment.polarity import Polarity
from experiments.training.evaluation import majority_accuracy

NAMES = ("root_fine", "root_binary", "all_fine", "all_binary")


def titles(classes: int, binary: bool = True) -> dict[str, str]:
    """Return what the accuracies are called, by name; `binary`: whether two sides of the classes are told."""
    names = {
        "root_fine": f"root, {classes} classes",
        "root_binary": "root, binary",
        "all_fine": f"all nodes, {classes} classes",
        "all_binary": "all nodes, binary",
    }
    return names if binary else {name: title for name, title in names.items() if name.endswith("fine")}


def accuracies(
    model: models.TreeClassifier,
    forest: models.Forest,
    polarity: Polarity | None,
    mode: str = "compiled",
    batch: int = 500,
) -> dict[str, float | None]:
    """Return the accuracies by the names in `NAMES`, as fractions; None where there are no nodes.

    Those of all nodes are None too where only roots have a class, as in sentences read as chains.

    Parameters
    ----------
    model : TreeClassifier
        With the head "labelled".
    forest : Forest
    polarity : Polarity or None
        Of the classes. Without it there is no binary accuracy.
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
    p, label, is_root = map(np.concatenate, (probabilities, labels, roots))
    return from_probabilities(p, label, is_root, polarity)


def from_probabilities(
    p: np.ndarray, label: np.ndarray, is_root: np.ndarray, polarity: Polarity | None
) -> dict[str, float | None]:
    """Return the accuracies of classified nodes.

    Parameters
    ----------
    p : (n, classes) array
        Of the classes.
    label : (n,) array of int
    is_root : (n,) array of bool
    polarity : Polarity or None
        As in `accuracies`.
    """
    fine = p.argmax(axis=1) == label
    if polarity is None:
        binary = polar = np.zeros(len(label), bool)
    else:
        answer = p[:, polarity.positive].sum(axis=1) > p[:, polarity.negative].sum(axis=1)
        binary = answer == np.isin(label, polarity.positive)
        polar = ~np.isin(label, polarity.neutral)
    anywhere = np.full(len(label), not is_root.all())
    return {
        "root_fine": _share(fine[is_root]),
        "root_binary": _share(binary[is_root & polar]),
        "all_fine": _share(fine[anywhere]),
        "all_binary": _share(binary[anywhere & polar]),
    }


def most_frequent_class(
    train: models.Forest, forest: models.Forest, polarity: Polarity | None
) -> dict[str, float | None]:
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
            | {f"{where}_binary": _sides(labels, polarity) for where, labels in fine.items()}
        )
    known, asked = counted
    return {name: majority_accuracy(known[name], asked[name]) for name in NAMES}


def _sides(label: np.ndarray, polarity: Polarity | None) -> np.ndarray:
    """Whether each label that is not neutral is positive; empty if there are no such sides."""
    if polarity is None:
        return np.zeros(0, bool)
    return np.isin(label[~np.isin(label, polarity.neutral)], polarity.positive)


def _share(hits: np.ndarray) -> float | None:
    return float(hits.mean()) if len(hits) else None
