"""The copy memory task: symbols to remember, a delay, then they have to be said again in order.

Of Hochreiter & Schmidhuber (1997), in the form of Arjovsky, Shah & Bengio (2016, section 4.1); for K = 3
symbols and a delay of T = 4::

    read   b a b _ _ _ ? _ _ _        _ blank, ? the sign to begin
    say    _ _ _ _ _ _ _ b a b

A sequence has T + 2K positions, and a symbol is read T + K positions before it has to be said.
"""

from __future__ import annotations

import math

import numpy as np

import models
from minigrad.rng import require_generator


def vocabulary(symbols: int) -> models.Vocabulary:
    """Return the symbols 0, 1, …, then the blank and the sign to begin."""
    return models.Vocabulary([*(str(symbol) for symbol in range(symbols)), "_", "?"])


def positions(delay: int, remembered: int) -> int:
    """Return the length of a sequence, T + 2K."""
    return delay + 2 * remembered


def sequences(
    rng: np.random.Generator, n: int, *, delay: int, remembered: int, words: models.Vocabulary
) -> models.Forest:
    """Draw sequences, all symbols independent and equally likely.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of sequences, at least one.
    delay : int
        T ≥ 1: blanks and the sign to begin.
    remembered : int
        K ≥ 1.
    words : Vocabulary
        From `vocabulary`.

    Returns
    -------
    Forest
        Left-branching chains; every position is labelled with what has to be said there: a symbol, or the
        blank, whose class is its number in the vocabulary.
    """
    require_generator(rng, "sequences")
    if min(n, delay, remembered) < 1:
        raise ValueError(f"{n=}, {delay=} and {remembered=} have to be at least 1")
    symbols = len(words) - 2
    length = positions(delay, remembered)
    drawn = rng.integers(symbols, size=(n, remembered))
    read, say = np.full((2, n, length), symbols)
    read[:, :remembered] = drawn
    read[:, remembered + delay - 1] = symbols + 1
    say[:, -remembered:] = drawn
    return models.chain_forest(read.ravel(), np.full(n, length), words, labels=say.ravel())


def guess_loss(delay: int, *, remembered: int, symbols: int) -> float:
    """Return the lowest expected loss without memory, in nats per position: K ln S / (T + 2K).

    Such a model is certain of every blank, and gives each symbol that it has to say the probability 1/S.
    """
    return remembered * math.log(symbols) / positions(delay, remembered)
