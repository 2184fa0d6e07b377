"""Numbers of several runs in words: a median, and the range in brackets where there is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def percent(shares: Sequence[float]) -> str:
    """Return shares in percent."""
    return _bracketed(*(f"{100 * x:.1f}" for x in _range(shares)))


def number(values: Sequence[float]) -> str:
    """Return numbers with two digits; a dash for what is not known."""
    return _bracketed(*map(digits, _range(values)))


def epochs(values: Sequence[float]) -> str:
    """Return epochs; NaN, which comes last, stands for never, and is a dash."""
    ordered = sorted(values, key=lambda epoch: (np.isnan(epoch), epoch))
    middle = ordered[(len(ordered) - 1) // 2]
    return _bracketed(*("–" if np.isnan(x) else f"{x:g}" for x in (middle, ordered[0], ordered[-1])))


def digits(x: float) -> str:
    """Return a number with two digits."""
    return "–" if np.isnan(x) else f"{x:.2g}"


def listed(names: Sequence[str]) -> str:
    """Return names with commas."""
    return ", ".join(names) if names else "none"


def verdict(holds: bool) -> str:
    """Return whether a sentence holds."""
    return "holds" if holds else "does not hold"


def _range(values: Sequence[float]) -> tuple[float, float, float]:
    return float(np.median(values)), float(np.min(values)), float(np.max(values))


def _bracketed(middle: str, low: str, high: str) -> str:
    return middle if low == high else f"{middle} ({low} to {high})"
