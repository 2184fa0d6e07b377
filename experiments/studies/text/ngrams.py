"""Interpolated n-grams of characters with modified Kneser–Ney smoothing.

Chen & Goodman (1999), section 3, with h′ the history h without its first character::

    p_n(w | h) = (max(c(h w) − D(c(h w)), 0) + γ(h) p_{n−1}(w | h′)) / c(h)
    γ(h) = D(1) N₁(h) + D(2) N₂(h) + D(3) N₃₊(h)
    D(k) = k − (k + 1) Y n_{k+1} / n_k,   Y = n₁ / (n₁ + 2 n₂)

N_k(h) is how many characters follow h exactly k times, n_k how many n-grams occur exactly k times. Below the
order n, c(h w) is not how often h w occurs, but how many different characters stand before it. The recursion
ends with p₀ = 1 / A, for A characters. What never occurred as a history leaves all to the order below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FEW = 0.5  # discount, as a part of the count, where there are too few n-grams to estimate one from


class NGrams:
    """The n-gram models of all orders up to the highest.

    Parameters
    ----------
    texts : sequence of (n,) arrays of int
        Numbers of characters, from 0. Before each text stands a sign that is never predicted, as often as a
        history is long.
    size : int
        A, how many characters there are.
    order : int
        The highest n.

    Raises
    ------
    ValueError
        If an n-gram has more than 63 bits, there is no text, or a number is no character.
    """

    def __init__(self, texts: Sequence[npt.NDArray[np.integer]], size: int, order: int) -> None:
        self._bits, self.size, self.order = int(size).bit_length(), size, order  # 0 is the sign at the start
        if order < 1 or self._bits * order > 63:
            raise ValueError(f"{order}-grams of {size} characters do not fit into 63 bits, or are none")
        grams = windows(texts, order)
        if not len(grams):
            raise ValueError("n-grams are counted in a text; here is none")
        if grams.min() < -1 or grams[:, -1].min() < 0 or grams.max() >= size:
            raise ValueError(f"characters are numbers from 0 to {size - 1}")
        self._counted: list[_Counts] = []
        self._continued: list[_Counts] = []
        for n in range(1, order + 1):
            codes, counts = np.unique(self._codes(grams, n), return_counts=True)
            self._counted.append(_Counts.of(codes, counts, self._bits))
            if n > 1:  # each different n-gram is one more character before the (n−1)-gram
                last = codes & ((1 << self._bits * (n - 1)) - 1)
                before, different = np.unique(last, return_counts=True)
                self._continued.append(_Counts.of(before, different, self._bits))

    def probabilities(self, grams: npt.NDArray[np.integer]) -> Floats:
        """Return the probability that each order gives to the last character of each n-gram.

        Parameters
        ----------
        grams : (m, order) array of int
            As `windows` returns them.

        Returns
        -------
        (order, m) array of float64
            Row n − 1 is that of the n-grams.
        """
        below = np.full(len(grams), 1 / self.size)
        found = np.empty((self.order, len(grams)))
        for n in range(1, self.order + 1):
            codes = self._codes(grams, n)
            found[n - 1] = self._counted[n - 1].smoothed(codes, below)
            if n < self.order:
                below = self._continued[n - 1].smoothed(codes, below)
        return found

    def bits(self, texts: Sequence[npt.NDArray[np.integer]]) -> Floats:
        """Return the bits per character of some texts for each order, (order,).

        The first character of each text is not counted: a network, which predicts the next one from those
        that it has read, does not predict it.
        """
        total, count = np.zeros(self.order), 0
        for text in texts:
            grams = windows([text], self.order)[1:]
            total -= np.log2(self.probabilities(grams)).sum(axis=1)
            count += len(grams)
        return total / count

    def _codes(self, grams: npt.NDArray[np.integer], n: int) -> Ints:
        """Return the last n characters of each n-gram as one number, the last one in the lowest bits."""
        code = np.zeros(len(grams), np.int64)
        for column in grams.T[grams.shape[1] - n :]:
            code = code << self._bits | (column + 1)
        return code


def windows(texts: Sequence[npt.NDArray[np.integer]], order: int) -> Ints:
    """Return each character behind its history, (characters, order): −1 before a text's first character."""
    found = [np.zeros((0, order), np.int64)]
    for text in texts:
        padded = np.concatenate([np.full(order - 1, -1), text])
        if len(text):
            found.append(np.lib.stride_tricks.sliding_window_view(padded, order))
    return np.concatenate(found)


@dataclass(frozen=True)
class _Counts:
    """The counts of one order, sorted by code, and those of its histories."""

    codes: Ints
    counts: Ints
    histories: Ints
    totals: Floats
    left_over: Floats  # γ
    discounts: Floats
    bits: int

    @classmethod
    def of(cls, codes: Ints, counts: Ints, bits: int) -> _Counts:
        discounts = _discounts(counts)
        histories, place = np.unique(codes >> bits, return_inverse=True)
        taken = discounts[np.minimum(counts, 3)]
        totals = np.bincount(place, counts).astype(np.float64)
        left_over = np.bincount(place, taken).astype(np.float64)
        return cls(codes, counts, histories, totals, left_over, discounts, bits)

    def smoothed(self, codes: Ints, below: Floats) -> Floats:
        """Return p(w | h) of n-grams h w, given that of the order below."""
        count = _found(self.codes, codes, self.counts)
        count = count - self.discounts[np.minimum(count, 3).astype(np.intp)]
        history = codes >> self.bits
        total = _found(self.histories, history, self.totals)
        left_over = _found(self.histories, history, self.left_over)
        seen = total > 0
        return np.where(seen, (count + left_over * below) / np.where(seen, total, 1), below)


def _discounts(counts: Ints) -> Floats:
    """Return D(0) = 0, D(1), D(2) and D(3), which serves all higher counts."""
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(np.float64)
    y = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.0
    estimates = [k - (k + 1) * y * n[k + 1] / n[k] if n[k] else 0.0 for k in (1, 2, 3)]
    own = [d if 0 < d < k else FEW * k for k, d in enumerate(estimates, 1)]
    return np.array([0.0, *own])


def _found(keys: Ints, wanted: Ints, values: Ints | Floats) -> Floats:
    """Return the values of what is wanted among sorted keys, 0 where it is not."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(np.float64)
