"""The two halves of dev, and what all units do there: one to search on, one to judge on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

import minigrad as mg
import models
from experiments.studies.text.data import Data
from experiments.studies.text.truths import truths
from experiments.studies.text.windows import LONGEST, Numbers, chains

Piece: TypeAlias = tuple[int, int, int]  # number of a document, first place, place behind the last


@dataclass(frozen=True)
class Half:
    """Places of dev, one after another, at each of which a character was read and the next one predicted.

    Attributes
    ----------
    pieces : list of Piece
    text : str
        The characters that were read.
    read, follows : (n,) arrays of int
        Numbers of the characters that were read, and of the next ones.
    truths : mapping of str to (n,) array
    """

    pieces: Sequence[Piece]
    text: str
    read: Numbers
    follows: Numbers
    truths: Mapping[str, npt.NDArray[Any]]


def halves(of: Data, most: int) -> tuple[Half, Half]:
    """Return two halves of dev, `most` characters together at most: different documents, if there are two."""
    texts, documents = of.parts["dev"], of.corpus.parts["dev"]
    known = [truths(of.corpus.name, document) for document in documents]
    first, second = (
        Half(
            pieces,
            "".join(documents[k].text[start:end] for k, start, end in pieces),
            np.concatenate([texts[k][start:end] for k, start, end in pieces]),
            np.concatenate([texts[k][start + 1 : end + 1] for k, start, end in pieces]),
            {
                name: np.concatenate([known[k][name][start:end] for k, start, end in pieces])
                for name in known[0]
            },
        )
        for pieces in split([max(0, len(text) - 1) for text in texts], most // 2)
    )
    return first, second


def split(lengths: Sequence[int], most: int) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of two halves, each of at most `most` places.

    Documents go to the first half as long as their middle is in the first half of all places, the others to
    the second; a single one is cut in the middle.
    """
    documents = [k for k, length in enumerate(lengths) if length]
    if len(documents) == 1:
        k, length = documents[0], lengths[documents[0]]
        both: tuple[list[Piece], list[Piece]] = [(k, 0, length // 2)], [(k, length // 2, length)]
    else:
        both, have = ([], []), 0
        for k in documents:
            both[2 * have + lengths[k] > sum(lengths)].append((k, 0, lengths[k]))
            have += lengths[k]
    return _shortened(both[0], most), _shortened(both[1], most)


def _shortened(pieces: Sequence[Piece], most: int) -> list[Piece]:
    kept = []
    for k, start, end in pieces:
        end = min(end, start + most)
        most -= end - start
        if end > start:
            kept.append((k, start, end))
    return kept


def units(
    model: models.TreeClassifier, texts: Sequence[Numbers], half: Half, mode: str
) -> npt.NDArray[np.float32]:
    """Return the states after every place of a half, (n, U): all parts of the state side by side.

    Documents are read from their start, whatever the half has of them.
    """
    found = []
    for k, start, end in half.pieces:
        forest = chains([texts[k][: end + 1]], model.vocabulary, LONGEST)
        with mg.no_grad():
            states = model(forest, mode)[1]
        parts = [states[part.name].data[forest.inner[start:]] for part in model.cell.parts]
        found.append(np.concatenate(parts, axis=1).astype(np.float32))
    return np.concatenate(found)


def unit_name(cell: Any, number: int) -> str:
    """Return what a column of `units` is called: its part, and its number there from 0, as "c17"."""
    for part in cell.parts:
        if number < part.width:
            return f"{part.name}{number}"
        number -= part.width
    raise ValueError(f"there are not so many units; the last is {number} too far")
