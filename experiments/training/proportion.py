"""An interval for a proportion: how often runs succeed, judging by a few of them."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for the probability of success (Wilson 1927).

    The probabilities p with |p̂ − p| ≤ z √(p (1 − p) / n), where p̂ = successes / n:
    (p̂ + z²/2n ± z √(p̂ (1 − p̂) / n + z²/4n²)) / (1 + z²/n). Unlike p̂ ± z √(p̂ (1 − p̂) / n) it has a width
    where all runs succeed, or none.

    Parameters
    ----------
    successes, n : int
    confidence : float

    Returns
    -------
    (float, float)
        Within [0, 1].

    Raises
    ------
    ValueError
        If there are no runs, or not 0 ≤ successes ≤ n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"a proportion is of n ≥ 1 runs, 0 to n of them successes, not {successes} of {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is between 0 and 1, not {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    lower, upper = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if successes == 0 else lower), (1.0 if successes == n else upper)
