"""Counting: strings aⁿbⁿ or aⁿbⁿcⁿ, of which the next symbol has to be predicted at every position.

Of Gers & Schmidhuber (2001), as in Weiss, Goldberg & Yahav (2018). For aⁿbⁿ and n = 3, ``$`` being the end::

    read      a a a b b b
    predict   a a b b b $

How many a there are can't be known; from the first b on everything is determined. A model accepts a string if
each prediction from there on is right.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import models

LANGUAGES = ("ab", "abc")
WRITTEN = {"ab": "aⁿbⁿ", "abc": "aⁿbⁿcⁿ"}


def vocabulary(language: str) -> models.Vocabulary:
    """Return the letters of a language, then the end, which is predicted and never read."""
    return models.Vocabulary([*language, "$"])


def strings(counts: npt.ArrayLike, words: models.Vocabulary) -> models.Forest:
    """Return the strings with the given numbers of a.

    Parameters
    ----------
    counts : (S,) array of int
        n ≥ 1 of every string.
    words : Vocabulary
        From `vocabulary`.

    Returns
    -------
    Forest
        Left-branching chains; each position is labelled with the symbol that follows, whose class is its
        number in the vocabulary.
    """
    counts = np.asarray(counts)
    if counts.size == 0 or counts.min() < 1:
        raise ValueError(f"a string has at least one a; the counts are {counts.tolist()}")
    letters = len(words) - 1
    read = np.tile(np.arange(letters), len(counts))
    symbols = np.repeat(read, np.repeat(counts, letters))
    lengths = letters * counts
    following = np.append(symbols[1:], letters)
    following[np.cumsum(lengths) - 1] = letters
    return models.chain_forest(symbols, lengths, words, labels=following)


def determined(forest: models.Forest) -> np.ndarray:
    """Return for each position whether the next symbol is determined: where a letter other than a is read.

    Parameters
    ----------
    forest : Forest
        From `strings`.

    Returns
    -------
    (positions,) array of bool
    """
    return forest.word[forest.right[forest.inner]] > 0
