"""What is measured of a model: its accuracy, and the gradient that reaches the subject, by distance."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.studies.agreement import grammar
from experiments.training.evaluation import hits
from experiments.training.ratios import error_norms, error_rows, quotient
from experiments.training.step import passes

AT_ONCE = 200  # sentences
FAR = 15  # words; at larger distances, accuracies are grouped by attractors


def by_distance(model: models.TreeClassifier, forest: models.Forest, mode: str) -> dict[str, list[Any]]:
    """Return columns by distance: accuracy, median ratio and median norm.

    The norm is ‖∂J/∂s‖ for the state s that has just read the subject, J being a sentence's cross-entropy
    at the verb's place; the ratio is that over ‖∂J/∂h‖ at the verb's place. With two classes ∂J/∂h is (p −
    y)(w₁ − w₀): so the ratio is the same for any function of the score, however certain the model is. In a
    chain s is the whole state, with its memory; in a tree, the subject's vector. None where no ratio is
    known because all errors are 0.
    """
    right = hits(model, forest, AT_ONCE, mode)
    norm, ratio = gradients(model, forest, mode)
    distance = grammar.distances(forest)
    found = np.unique(distance)
    return {
        "distance": found.tolist(),
        "accuracy": _means(right, distance),
        "ratio": [_median(ratio[distance == k]) for k in found],
        "norm": [_median(norm[distance == k]) for k in found],
    }


def by_attractors(model: models.TreeClassifier, forest: models.Forest, mode: str) -> dict[str, list[Any]]:
    """Return the accuracy and the number of sentences at distances above `FAR`, by their attractors.

    The columns are empty if there is no such sentence.
    """
    is_far = grammar.distances(forest) > FAR
    if not is_far.any():
        return {"attractors": [], "count": [], "accuracy": []}
    far = forest.select(is_far)
    right, attractors = hits(model, far, AT_ONCE, mode), grammar.attractors(far)
    found, counts = np.unique(attractors, return_counts=True)
    return {
        "attractors": found.tolist(),
        "count": counts.tolist(),
        "accuracy": _means(right, attractors),
    }


def gradients(
    model: models.TreeClassifier, forest: models.Forest, mode: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the norm and the ratio of each sentence, as `by_distance` defines them."""
    at, definition = error_rows(model.cell, grammar.subject_rows), whole_state(model.cell)
    norms, ratios = [], []
    for _, part, states in passes(model, forest, AT_ONCE, mode):
        norm, top = error_norms(part, states, at, definition)
        norms.append(norm * len(part))  # the loss is the mean over the sentences
        ratios.append(quotient(norm, top))
    return np.concatenate(norms), np.concatenate(ratios)


def whole_state(cell: mg.Cell) -> str:
    """Return the definition of the error vector that covers the whole state: in a chain, with the memory."""
    memory = any(part.name == "c" for part in cell.parts)
    return "with_cell" if memory and cell.right_parts is not None else "post"


def most_nouns(forest: models.Forest) -> list[float]:
    """Return by distance how often most nouns have the subject's number."""
    return _means(grammar.most_nouns(forest), grammar.distances(forest))


def _means(values: np.ndarray, group: np.ndarray) -> list[float]:
    return [float(values[group == k].mean()) for k in np.unique(group)]


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
