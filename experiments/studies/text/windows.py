"""Texts as chains: each position reads a character, and its class is the next one.

Training reads windows of a fixed length, evaluation whole documents. Both start with the state zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

import models

LONGEST = 50_000  # characters of a chain; a document that is longer goes on in another, from zero
AT_ONCE = 100_000  # characters of a forest that is evaluated, about

Numbers = npt.NDArray[np.intp]


def chains(texts: Sequence[Numbers], characters: models.Vocabulary, longest: int) -> models.Forest:
    """Return texts cut into windows, a chain each.

    Every character but a text's first is predicted once, and every one but its last read once: the last one
    that a window predicts is the first that the next one reads.

    Parameters
    ----------
    texts : sequence of (n,) arrays of int
        Numbers of characters.
    characters : Vocabulary
    longest : int
        T, the characters that a window reads; a text's last window may be shorter.
    """
    read = [text[:-1] for text in texts]
    lengths = [min(longest, len(one) - start) for one in read for start in range(0, len(one), longest)]
    labels = [text[1:] for text in texts]
    return models.chain_forest(np.concatenate(read), lengths, characters, labels=np.concatenate(labels))


def whole(texts: Iterable[Numbers], characters: models.Vocabulary) -> Iterator[models.Forest]:
    """Yield forests of whole texts, in their order, to be evaluated one after another."""
    waiting: list[Numbers] = []
    for text in texts:
        waiting.append(text)
        if sum(map(len, waiting)) >= AT_ONCE:
            yield chains(waiting, characters, LONGEST)
            waiting = []
    if any(len(text) > 1 for text in waiting):
        yield chains(waiting, characters, LONGEST)
