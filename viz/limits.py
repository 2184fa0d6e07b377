"""Readable limits and ticks of a logarithmic axis: 1, 2 or 5 times a power of ten."""

from __future__ import annotations

import math
from itertools import pairwise
from sys import float_info

import numpy as np
import numpy.typing as npt

LEAST, MOST = 5e-324, float_info.max  # what float64 has between zero and infinity
MOST_TICKS = 9


def positive(*values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return all numbers that have a place on a logarithmic axis, finite and above zero, in one array."""
    flat = np.concatenate([np.zeros(0), *(np.ravel(np.asarray(v, np.float64)) for v in values)])
    kept: npt.NDArray[np.float64] = flat[np.isfinite(flat) & (flat > 0)]
    return kept


def round_down(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is no larger than a positive value."""
    return _steps_around(value)[0]


def round_up(value: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that is no smaller than a positive value."""
    low, high = _steps_around(value)
    return low if low == value else high


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return values for an axis between two positive limits, ascending, both limits included.

    Between them are powers of ten (every one, or every second, third …), or 1, 2 and 5 times powers of ten
    if there are few of these; none is so near to a limit that their labels would touch.
    """
    first, last = _decade_below(low), _decade_below(high) + 1
    powers = range(first, last + 1)
    step = 1 + (len(powers) - 1) // (MOST_TICKS - 1)
    # Counted from 10⁰, so that 1 has a tick wherever it is on the axis.
    inner = [_number(1, power) for power in powers if power % step == 0]
    if math.log10(high) - math.log10(low) < 2:
        inner = [_number(digit, power) for power in powers for digit in (1, 2, 5)]
        room = 0.2
    else:
        room = 0.6 * step
    inner = [
        tick
        for tick in inner
        if low < tick < high
        and math.log10(tick) - math.log10(low) > room
        and math.log10(high) - math.log10(tick) > room
    ]
    return (low, *inner, high)


def _steps_around(value: float) -> tuple[float, float]:
    """Return neighbours in 1, 2, 5, 10, …: one no larger than the value, the next one larger than it."""
    power = _decade_below(value)
    steps = [_number(1, power), _number(2, power), _number(5, power), _number(1, power + 1)]
    return next((a, b) for a, b in pairwise(steps) if value < b or b == steps[-1])


def _decade_below(value: float) -> int:
    """Return the largest k with 10^k <= value."""
    power = math.floor(math.log10(value))
    # log10 is rounded: next to a power of ten it may be one off.
    if _number(1, power) > value:
        return power - 1
    return power + 1 if _number(1, power + 1) <= value else power


def _number(digit: int, power: int) -> float:
    """Return digit·10^power, or the first or last number of float64 where it has no such number."""
    return min(max(float(f"{digit}e{power}"), LEAST), MOST)
