"""What a unit is for: the loss when it is clamped to its mean, where it should matter and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg
import models
from experiments.studies.exam import outcomes
from experiments.studies.text.looks import Half
from experiments.studies.text.windows import LONGEST, Numbers, chains
from minigrad.nn import Parameter

NEWLINE = "\n"


class Clamped(mg.Cell):
    """A cell, some of whose units have a fixed value after each step, so that they carry nothing on.

    Parameters
    ----------
    cell : Cell
    means : dict of str to (D,) array
        By part: the values.
    unit : int
        The column that is clamped, in every part: an LSTM's memory and what it shows of it.
    """

    def __init__(self, cell: Any, means: Mapping[str, npt.NDArray[np.floating]], unit: int) -> None:
        self.cell, self.parts, self.right_parts = cell, cell.parts, cell.right_parts
        dtype = cell.parameters()[0].dtype
        place = np.arange(cell.parts[0].width) == unit
        self.keep = Parameter((~place).astype(dtype))
        for part in cell.parts:
            setattr(self, f"fill_{part.name}", Parameter((place * means[part.name]).astype(dtype)))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return the cell's state with the unit clamped."""
        found = self.cell.compose(left, right)
        states = found if isinstance(found, Mapping) else {self.parts[0].name: found}
        return {name: state * self.keep + getattr(self, f"fill_{name}") for name, state in states.items()}


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
