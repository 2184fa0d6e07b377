"""Itemised gradients: what the loss of each character of a text sends back to every earlier one.

Backpropagation through time adds these parts up: what arrives at the state h_j is Σ_t ∂J_t/∂h_j, over all
later losses J_t. Here they are kept apart, as in RNNbow (Cashman et al. 2019).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.text.data import Data
from experiments.studies.text.reach import WARM_UP, last_gradients
from experiments.studies.text.truths import truths
from experiments.studies.text.windows import Numbers

NEWLINE = "\n"


def itemised(
    model: models.TreeClassifier, text: Numbers, first: int, mode: str = "compiled"
) -> dict[str, npt.NDArray[np.floating]]:
    """Return ∂J_t/∂s_j of each part s of the state, for all places j ≤ t of a text.

    J_t is the cross-entropy of the character at place t + 1, given those up to t. All of them are one
    backward pass over a forest of the text's beginnings, each of which ends with a loss of its own; at a
    place their states are the same.

    Parameters
    ----------
    model : TreeClassifier
    text : (n,) array of int
        Numbers of characters.
    first : int
        The place from which on derivatives are taken; those before it are read only.
    mode : str
        Of the fold.

    Returns
    -------
    dict of str to (T, T, D) array
        By the names of the parts, such as "h" and "c"; T = n − 1 − first. Row t, column j is what the loss of
        place first + t sends to the state of place first + j: 0 where j > t. The sum over t is the derivative
        of all these losses together.

    Raises
    ------
    ValueError
        If the text has no character after `first`.
    """
    size = len(text) - 1 - first
    if first < 0 or size < 1:
        raise ValueError(f"a text of {len(text)} characters has none that is predicted from place {first} on")
    found = last_gradients(model, [text[: first + t + 2] for t in range(size)], mode)
    vectors = {}
    for part, gradient in found.items():
        own = np.zeros((size, size, gradient.shape[1]), gradient.dtype)
        end = 0
        for t in range(size):
            end += first + t + 1
            own[t, : t + 1] = gradient[end - t - 1 : end]
        vectors[part] = own
    return vectors


def varied(of: Data, size: int) -> tuple[int, int]:
    """Return document and place in dev where an excerpt begins in which all truths vary.

    Of the excerpts that begin with a line, or anywhere if no line ends, it is the first of those whose least
    varied truth varies most, by a truth's variance in the excerpt over that in all of dev. Truths that do
    not vary in dev do not count.

    Parameters
    ----------
    of : Data
    size : int
        Characters of the excerpt, before which there are WARM_UP others, and after which is one.

    Raises
    ------
    ValueError
        If no document is long enough.
    """
    documents = of.corpus.parts["dev"]
    known = [truths(of.corpus.name, document) for document in documents]
    whole = {
        name: np.concatenate([each[name] for each in known]).astype(np.float64).var() for name in known[0]
    }
    starts = [_starts(document.text, size) for document in documents]
    if not any(map(len, starts)):
        raise ValueError(f"no text has {WARM_UP + size + 1} characters, for an excerpt of {size}")
    least = [np.full(len(own), np.inf) for own in starts]
    for own, places, lowest in zip(known, starts, least, strict=True):
        for name, values in own.items():
            if whole[name]:
                np.minimum(lowest, _variance(values, places, size) / whole[name], out=lowest)
    best = max((k for k in range(len(documents)) if len(starts[k])), key=lambda k: float(least[k].max()))
    return best, int(starts[best][np.argmax(least[best])])


def _starts(text: str, size: int) -> npt.NDArray[np.intp]:
    room = np.arange(WARM_UP, len(text) - size)
    begins = np.array([text[at - 1] == NEWLINE for at in room], bool)
    return room[begins] if begins.any() else room


def _variance(
    values: npt.NDArray[np.generic], starts: npt.NDArray[np.intp], size: int
) -> npt.NDArray[np.float64]:
    """Return the variance of `size` values from each start on."""
    numbers = np.asarray(values, np.float64)
    mean, square = (
        (total[starts + size] - total[starts]) / size
        for total in (np.concatenate([[0], np.cumsum(each)]) for each in (numbers, numbers**2))
    )
    return np.asarray(square - mean**2)
