"""The characters that models know, and texts as their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.text.corpus import Document
from experiments.studies.text.truths import codes

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
MIN_COUNT = 10  # of a character in train; rarer ones are all the same to every model


def alphabet(train: Iterable[Document], min_count: int = MIN_COUNT) -> models.Vocabulary:
    """Return the characters that occur at least `min_count` times, by code point, and `UNKNOWN` at the end.

    Raises
    ------
    ValueError
        If fewer than two characters are left.
    """
    counts = Counter[str]()
    for document in train:
        counts.update(document.text)
    counts.pop(UNKNOWN, None)
    frequent = sorted(character for character, count in counts.items() if count >= min_count)
    if len(frequent) < 2:
        raise ValueError(f"{len(frequent)} characters occur {min_count} times to train on; two are needed")
    return models.Vocabulary([*frequent, UNKNOWN], UNKNOWN)


def numbers(text: str, characters: models.Vocabulary) -> npt.NDArray[np.intp]:
    """Return the number of each character, (n,)."""
    kinds, place = np.unique(codes(text), return_inverse=True)
    return characters.lookup(chr(code) for code in kinds)[place]


def known(documents: Sequence[Document], characters: models.Vocabulary) -> list[Document]:
    """Return documents with `UNKNOWN` for what is not in the alphabet: what all models read and predict."""
    all_characters = set().union(*(document.text for document in documents))
    rare = {ord(one): UNKNOWN for one in all_characters - set(characters.words)}
    return [Document(one.name, one.text.translate(rare)) for one in documents]
