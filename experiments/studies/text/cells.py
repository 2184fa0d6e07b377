"""What single units know: the unit that follows a truth best, found on one half and judged on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
CHANCE = 0.95  # quantile over the shifts
NEAREST = 0.1  # of the length: no shift is smaller, for truths last for a while


def scores(units: npt.NDArray[np.floating], truth: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return how well each unit follows a truth, between −1 and 1; NaN where one of the two is constant.

    Parameters
    ----------
    units : (n, U) array of float
    truth : (n,) array of bool or int
        Of booleans the score is 2 AUC − 1, AUC being the probability that the unit is larger at a random
        place where it is true than at one where it is not, equals counting half; of numbers Pearson's r.

    Returns
    -------
    (U,) array
    """
    return _Judge(units).scores(truth)


def chance(
    units: npt.NDArray[np.floating], truth: npt.NDArray[Any], rng: np.random.Generator, shifts: int
) -> float:
    """Return the level that the best unit's |score| exceeds by chance in one of twenty cases.

    That is a quantile of the largest |score| of all units, over circular shifts of the truth. A shifted truth
    is as frequent and lasts as long, but has nothing to do with what was read.
    """
    return _chance(_Judge(units), truth, rng, shifts)


def _chance(judge: _Judge, truth: npt.NDArray[Any], rng: np.random.Generator, shifts: int) -> float:
    n = len(truth)
    by = rng.integers(int(NEAREST * n), n - int(NEAREST * n), shifts)
    places = np.arange(n)
    shifted = np.stack([truth[(places - shift) % n] for shift in by], axis=1)
    found = np.abs(judge.scores(shifted))
    return float(np.quantile(np.nanmax(found, axis=0), CHANCE))


def left_over(unit: npt.NDArray[np.floating], truth: npt.NDArray[Any], read: npt.NDArray[np.intp]) -> float:
    """Return the correlation of a unit with a truth within places that have read the same character.

    From both is subtracted the mean over the places with that character, so that what the last character
    alone tells is accounted for. NaN if nothing varies then.
    """
    count = np.maximum(np.bincount(read), 1)
    within = [
        values - (np.bincount(read, values) / count)[read]
        for values in (np.asarray(unit, np.float64), np.asarray(truth, np.float64))
    ]
    lengths = [np.linalg.norm(values) for values in within]
    if min(lengths) <= 1e-9 * np.sqrt(len(truth)):
        return float("nan")
    return float(within[0] @ within[1] / (lengths[0] * lengths[1]))


def best_units(
    search: npt.NDArray[np.floating],
    judged: npt.NDArray[np.floating],
    truths: Mapping[str, Sequence[npt.NDArray[Any]]],
    read: npt.NDArray[np.intp],
    rng: np.random.Generator,
    shifts: int,
) -> dict[str, dict[str, float]]:
    """Return for each truth the unit with the largest |score| on one half, and its scores on the other.

    Parameters
    ----------
    search, judged : (n, U) and (m, U) arrays
        The units on the two halves.
    truths : mapping of str to two arrays, (n,) and (m,)
    read : (m,) array of int
        The character that was read last, on the half on which units are judged.
    rng, shifts
        As in `chance`.

    Returns
    -------
    dict
        By truth: "unit"; "searched" and "score", on the two halves; "chance" and "left_over", on the second;
        "typical", the unit whose |score| on the first half is the median, and "typical_score". Truths that
        are constant on one half are left out.
    """
    found, here, there = {}, _Judge(search), _Judge(judged)
    for name, (one, other) in truths.items():
        if min(len(np.unique(one)), len(np.unique(other))) < 2:
            continue
        first = np.nan_to_num(here.scores(one))
        order = np.argsort(np.abs(first), kind="stable")
        unit, typical = int(order[-1]), int(order[len(order) // 2])
        second = np.nan_to_num(there.scores(other))
        rest = left_over(judged[:, unit], other, read)
        found[name] = {
            "unit": unit,
            "searched": float(first[unit]),
            "score": float(second[unit]),
            "chance": _chance(there, other, rng, shifts),
            "left_over": 0.0 if np.isnan(rest) else rest,
            "typical": typical,
            "typical_score": float(second[typical]),
        }
    return found


class _Judge:
    """Units, kept such that their scores are products with truths, of which many are then judged at once."""

    def __init__(self, units: npt.NDArray[np.floating]) -> None:
        self._units = units

    @cached_property
    def _ranked(self) -> Floats:
        """Ranks minus their mean: their sum over n₁ true places is n₁ n₀ (AUC − 1/2)."""
        ranks = _ranks(self._units)
        return (ranks - ranks.mean(axis=0)).astype(np.float32)

    @cached_property
    def _normed(self) -> Floats:
        """Values minus their mean, of length 1; NaN if they are constant."""
        centred = self._units - self._units.mean(axis=0, dtype=np.float64)
        length = np.linalg.norm(centred, axis=0)
        varies = length > 1e-6 * np.sqrt(len(centred))
        return np.asarray(centred / np.where(varies, length, np.nan), np.float32)

    def scores(self, truths: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the scores, (U,) or (U, k), with one truth, (n,), or with k, (n, k), all of one kind."""
        binary = truths.dtype == bool
        values = np.asarray(truths, np.float64)
        if binary:
            true = values.sum(axis=0)
            scale = true * (len(values) - true) / 2
        else:
            values = values - values.mean(axis=0)
            scale = np.linalg.norm(values, axis=0)
        product = (self._ranked if binary else self._normed).T @ values.astype(np.float32)
        found = np.asarray(product / np.where(scale > 0, scale, np.nan), np.float64)
        if binary:
            found[~self._ranked.any(axis=0)] = np.nan
        return found


def _ranks(units: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the rank of every value in its column, from 0, equals sharing the mean of theirs."""
    ranks = np.empty(units.shape)
    for k, column in enumerate(units.T):
        _, place, count = np.unique(column, return_inverse=True, return_counts=True)
        ranks[:, k] = (np.cumsum(count) - (count + 1) / 2)[place]
    return ranks
