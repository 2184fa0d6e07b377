"""What a unit is for: the loss when it is clamped to its mean, where it should matter and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.clamped import Clamped
from experiments.studies.exam import outcomes
from experiments.studies.text.looks import Half
from experiments.studies.text.windows import LONGEST, Numbers, chains

NEWLINE = "\n"


def clamped_losses(
    model: models.TreeClassifier,
    texts: Sequence[Numbers],
    half: Half,
    means: Mapping[str, npt.NDArray[np.floating]],
    unit: int,
    mode: str,
) -> npt.NDArray[np.float64]:
    """Return what `place_losses` does while a unit is clamped to its mean, (n,)."""
    cell = model.cell
    try:
        model.cell = Clamped(cell, means, unit)
        return place_losses(model, texts, half, mode)
    finally:
        model.cell = cell


def place_losses(
    model: models.TreeClassifier, texts: Sequence[Numbers], half: Half, mode: str
) -> npt.NDArray[np.float64]:
    """Return the bits of the next character at every place of a half, (n,)."""
    found = []
    for k, start, end in half.pieces:
        forest = chains([texts[k][: end + 1]], model.vocabulary, LONGEST)
        found.append(outcomes(model, forest, mode)[0][start:] / np.log(2))
    return np.concatenate(found)


def relevant(name: str, half: Half, characters: models.Vocabulary) -> npt.NDArray[np.bool_]:
    """Return the places where a unit that follows a truth should matter, (n,).

    A place in the line, before the line's end; letters of the word, before the word's end; of all else, where
    it is true or more than 0.
    """
    if name == "position":
        return half.follows == characters[NEWLINE] if NEWLINE in characters.words else half.follows < 0
    if name == "letters":
        letter = np.array([word.isalpha() for word in characters.words])
        return letter[half.read] & ~letter[half.follows]
    return np.asarray(half.truths[name]) > 0
